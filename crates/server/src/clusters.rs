//! From the configuration's words to the control plane's.

use control_plane::LoginLimit;
use control_plane::doctor::{DoctorSettings, Patient};
use control_plane::postgres::{
    Authorities, AuthoritiesError, Cluster, Database, Login, MIGRATOR, MigrateLimits, SERVICE, Target,
};
use sqlx::postgres::PgSslMode;

use crate::config::{Absent, ClusterSettings, Settings, TlsMode, present};

/// Why a section of the configuration gives no cluster.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// A key is missing.
    #[error(transparent)]
    Absent(#[from] Absent),
    /// The server's certificate cannot be verified.
    #[error("{section}.tls_ca_file")]
    Authorities {
        /// The section.
        section: &'static str,
        /// Why.
        #[source]
        cause: AuthoritiesError,
    },
}

/// The cluster of a section, `control_store` or `data_cluster`, whose key for the host is `host_key`.
fn cluster(
    settings: &ClusterSettings,
    section: &'static str,
    host_key: &'static str,
) -> Result<Cluster, ClusterError> {
    let authorities = match (settings.tls, &settings.tls_ca_file) {
        (TlsMode::VerifyCa | TlsMode::VerifyFull, Some(file)) => Authorities::from_file(file).map(Some),
        (TlsMode::VerifyCa | TlsMode::VerifyFull, None) => Authorities::of_system().map(Some),
        (TlsMode::Disable | TlsMode::Prefer | TlsMode::Require, _) => Ok(None),
    };
    Ok(Cluster {
        host: present(settings.host.as_ref(), host_key)?.clone(),
        port: settings.port,
        tls: match settings.tls {
            TlsMode::Disable => PgSslMode::Disable,
            TlsMode::Prefer => PgSslMode::Prefer,
            TlsMode::Require => PgSslMode::Require,
            TlsMode::VerifyCa => PgSslMode::VerifyCa,
            TlsMode::VerifyFull => PgSslMode::VerifyFull,
        },
        authorities: authorities.map_err(|cause| ClusterError::Authorities { section, cause })?,
        maintenance_database: settings.maintenance_database.clone(),
        connect_timeout: settings.connect_timeout,
    })
}

/// The control store's cluster and the service's login there.
pub(crate) fn control(settings: &Settings) -> Result<(Cluster, Login), ClusterError> {
    let section = &settings.control_store.cluster;
    let password = present(
        section.service_password.as_ref(),
        "control_store.service_password",
    )?;
    Ok((
        cluster(section, "control_store", "control_store.host")?,
        Login::new(SERVICE, password.clone()),
    ))
}

/// The data cluster and the service's login there.
pub(crate) fn data(settings: &Settings) -> Result<(Cluster, Login), ClusterError> {
    let section = &settings.data_cluster.cluster;
    let password = present(section.service_password.as_ref(), "data_cluster.service_password")?;
    Ok((
        cluster(section, "data_cluster", "data_cluster.host")?,
        Login::new(SERVICE, password.clone()),
    ))
}

/// What is migrated: both databases, the control store first.
pub(crate) fn targets(settings: &Settings) -> Result<[Target; 2], ClusterError> {
    let (control_cluster, control_login) = control(settings)?;
    let (data_cluster, data_login) = data(settings)?;
    let control = &settings.control_store.cluster;
    let data = &settings.data_cluster.cluster;
    let migrator = present(
        control.migrator_password.as_ref(),
        "control_store.migrator_password",
    )?;
    let control = Target {
        cluster: control_cluster,
        name: control.database.clone(),
        database: Database::Control,
        migrator: migrator.clone(),
        service: control_login.password,
        superuser: superuser(control),
    };
    let migrator = present(data.migrator_password.as_ref(), "data_cluster.migrator_password")?;
    let data = Target {
        cluster: data_cluster,
        name: data.database.clone(),
        database: Database::Data,
        migrator: migrator.clone(),
        service: data_login.password,
        superuser: superuser(data),
    };
    Ok([control, data])
}

fn superuser(settings: &ClusterSettings) -> Option<Login> {
    let (user, password) = (
        settings.bootstrap_user.as_ref()?,
        settings.bootstrap_password.as_ref()?,
    );
    Some(Login::new(user, password.clone()))
}

/// What the doctor examines, with the eyes of the service's login or of `examiner`'s choice.
pub(crate) fn patients(
    settings: &Settings,
    examiner: impl Fn(&ClusterSettings) -> Option<Login>,
) -> Result<DoctorSettings, ClusterError> {
    let (control_cluster, control_service) = control(settings)?;
    let (data_cluster, data_service) = data(settings)?;
    let (control, data) = (&settings.control_store.cluster, &settings.data_cluster.cluster);
    Ok(DoctorSettings {
        control: Patient {
            cluster: control_cluster,
            name: control.database.clone(),
            service: control_service,
            examiner: examiner(control),
        },
        data: Patient {
            cluster: data_cluster,
            name: data.database.clone(),
            service: data_service,
            examiner: examiner(data),
        },
        min_server_version: settings.data_cluster.min_server_version.as_num(),
        login_limit: LoginLimit {
            default_max: settings.registry.max_connections_per_tenant,
            instances: settings.registry.instances,
        },
    })
}

/// Who of those that are configured sees the most: a superuser, the migrator, or nobody but the service.
pub(crate) fn operator(settings: &ClusterSettings) -> Option<Login> {
    let migrator = || Some(Login::new(MIGRATOR, settings.migrator_password.clone()?));
    superuser(settings).or_else(migrator)
}

/// The limits of a migration.
pub(crate) fn limits(settings: &Settings) -> MigrateLimits {
    MigrateLimits {
        deadline: settings.migrations.deadline,
        lock_timeout: settings.migrations.lock_timeout,
    }
}
