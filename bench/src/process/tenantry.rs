//! The service itself, as it runs in production: `tenantry serve` over the world's databases.

use std::fmt::Write as _;
use std::path::Path;

use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::{Confinement, Probe, Process, free_address};
use crate::child::GuardedCommand;
use crate::world::{Tenant, World};

/// The path of a page of ten users.
pub(crate) const LIST: &str = "/v1/internal/users?limit=10";
/// The same, for callers with an API key.
pub(crate) const LIST_BY_KEY: &str = "/v1/users?limit=10";

/// Which events are logged, as JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) enum LogFilter {
    /// The default: an access line for each request.
    Info,
    /// No access lines.
    Warn,
}

/// Starts it, and waits until it serves this tenant. Its settings are production's, but for TLS (both sides speak to
/// PostgreSQL over loopback), for addresses, and for those given here.
///
/// # Errors
/// When it does not serve.
pub(crate) async fn start(
    program: &Path,
    world: &World,
    tenant: &Tenant,
    filter: LogFilter,
    settings: &[&str],
    confinement: Option<&Confinement>,
) -> anyhow::Result<Process> {
    let folder = TempDir::new()?;
    let address = free_address().await?;
    let admin = free_address().await?;
    let file = configuration(world, folder.path(), &address.to_string(), &admin.to_string())?;
    private_files::create_new(&folder.path().join("production.toml"), file.as_bytes())?;
    let mut arguments = vec![
        "serve".to_owned(),
        "--profile".to_owned(),
        "production".to_owned(),
    ];
    arguments.extend(["--config-dir".to_owned(), folder.path().display().to_string()]);
    if let LogFilter::Warn = filter {
        arguments.extend(["--set".to_owned(), "log.filter=warn".to_owned()]);
    }
    for setting in settings {
        arguments.extend(["--set".to_owned(), (*setting).to_owned()]);
    }
    let command = match confinement {
        Some(confinement) => confinement.command(program, arguments),
        None => GuardedCommand::new(program, arguments),
    };
    let probe = Probe {
        address,
        path: LIST,
        tenant: tenant.id.as_uuid(),
    };
    Process::start(command.without_env("TENANTRY_"), folder.path(), probe).await
}

fn configuration(world: &World, folder: &Path, tenants: &str, admin: &str) -> anyhow::Result<String> {
    let secret = |name: &str, bytes: &str| -> anyhow::Result<String> {
        let file = folder.join(name);
        private_files::create_new(&file, bytes.as_bytes())?;
        Ok(file.display().to_string())
    };
    let password = secret("service-password", world.service_password().expose_secret())?;
    let cluster = world.cluster();
    let mut file = format!(
        "[tenant_plane]\nlisten = \"{tenants}\"\n\
         [admin_plane]\nlisten = \"{admin}\"\n\
         [keys]\nring_file = \"{}\"\n\
         [shutdown]\nhttp_deadline = \"1s\"\nregistry_deadline = \"1s\"\n",
        world.key_ring().display()
    );
    for (section, database) in [("control_store", world.control()), ("data_cluster", world.data())] {
        write!(
            file,
            "[{section}]\nhost = \"{}\"\nport = {}\ndatabase = \"{database}\"\ntls = \"disable\"\n\
             service_password_file = \"{password}\"\n",
            cluster.host, cluster.port
        )?;
    }
    Ok(file)
}
