//! `tenantry db psql --tenant`: a session as a tenant, under its row level security.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use cli::text::printable;
use cli::{IdOrName, output};
use config::{ClusterSettings, Inputs, Purpose, TlsMode, present};
use control_plane::{Actor, AuditAction, AuditEntry, ControlPlane, Tenant, TenantName};
use schema::{Authorities, Login};
use tempfile::NamedTempFile;

use super::psql::Psql;
use crate::app;
use crate::commands::databases::Databases;

/// Opens psql as this tenant.
pub(super) async fn psql(
    inputs: &Inputs,
    tenant: IdOrName,
    arguments: &[String],
) -> anyhow::Result<ExitCode> {
    let mut databases = Databases::reachable(inputs, Purpose::TenantSession).await?;
    if let Some(state) = &databases.state {
        let made = || state.join("key-ring.json");
        databases.settings.keys.ring_file.get_or_insert_with(made);
    }
    let status = session(&databases, tenant, arguments).await;
    databases.close().await?;
    status
}

async fn session(databases: &Databases, tenant: IdOrName, arguments: &[String]) -> anyhow::Result<ExitCode> {
    let settings = &databases.settings;
    let ring_file = present(settings.keys.ring_file.as_ref(), "keys.ring_file")?;
    let envelope = app::envelope(ring_file).context("keys.ring_file")?;
    let plane = app::control_plane(settings, envelope)?;
    let found = log_in(&plane, tenant).await;
    plane.close().await;
    let (tenant, login) = found?;

    let cluster = &settings.data_cluster.cluster;
    let host = present(cluster.host.as_ref(), "data_cluster.host")?;
    let (port, database) = (cluster.port, cluster.database.as_str());
    let mut psql = Psql::of(databases)?;
    psql.connect_to(host, port, database);
    psql.log_in_as(&login.user, &login.password);
    // For names without a schema; whatever the login has set for itself does not hold.
    psql.env("PGOPTIONS", "-c search_path=app");
    // The file is there until psql ends.
    let _authorities = verify(&mut psql, cluster)?;
    output::hint(format_args!(
        "tenantry: you are the tenant {} ({}): login {} in {database} at {host}:{port}. Row level security shows you its \
         rows alone. The audit log has this session.\n",
        printable(tenant.name.as_str()),
        tenant.id,
        login.user,
    ));
    psql.run(arguments).await
}

/// The tenant and its login. The audit log has it before the session begins: without the one there is no other.
async fn log_in(plane: &ControlPlane, tenant: IdOrName) -> anyhow::Result<(Tenant, Login)> {
    let store = plane.store();
    let (found, wanted) = match tenant {
        IdOrName::Id(id) => (store.tenant(id.into()).await, id.to_string()),
        IdOrName::Name(name) => {
            let valid = TenantName::new(&name).with_context(|| format!("no tenant is named {name:?}"))?;
            (store.tenant_named(&valid).await, format!("{name:?}"))
        }
    };
    let found = found.context("control_store")?;
    let Some(tenant) = found else {
        bail!("there is no tenant {wanted}");
    };
    let login = plane.source().login(tenant.id).await.with_context(|| {
        let state = tenant.state.as_str();
        format!("no session as tenant {} ({state})", tenant.id)
    })?;
    let actor = Actor::service("command line");
    let entry = AuditEntry::done(&actor, AuditAction::TenantSession)
        .tenant(tenant.id)
        .target(&login.user);
    store
        .audit(&entry)
        .await
        .context("the control store did not take the entry of the audit log")?;
    Ok((tenant, login))
}

/// Has psql verify the server as the service does. The authorities of the system are given as a file, which libpq knows
/// how to read in every version.
fn verify(psql: &mut Psql, cluster: &ClusterSettings) -> anyhow::Result<Option<NamedTempFile>> {
    psql.env("PGSSLMODE", mode(cluster.tls));
    match (cluster.tls, &cluster.tls_ca_file) {
        (TlsMode::VerifyCa | TlsMode::VerifyFull, Some(file)) => {
            psql.env("PGSSLROOTCERT", file);
            Ok(None)
        }
        (TlsMode::VerifyCa | TlsMode::VerifyFull, None) => {
            let mut file = NamedTempFile::new().context("no temporary file for the authorities")?;
            file.write_all(&Authorities::of_system()?.pem())
                .context("cannot write the authorities")?;
            psql.env("PGSSLROOTCERT", file.path());
            Ok(Some(file))
        }
        (TlsMode::Disable | TlsMode::Prefer | TlsMode::Require, _) => Ok(None),
    }
}

/// As libpq has it.
fn mode(tls: TlsMode) -> &'static str {
    match tls {
        TlsMode::Disable => "disable",
        TlsMode::Prefer => "prefer",
        TlsMode::Require => "require",
        TlsMode::VerifyCa => "verify-ca",
        TlsMode::VerifyFull => "verify-full",
    }
}
