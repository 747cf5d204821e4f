//! Conversion of settings into clusters, logins and targets of the control plane.

use config::{Absent, ClusterSettings, Settings, TlsMode, present};
use isolation_doctor::{DoctorSettings, Target};
use schema::{
    Authorities, AuthoritiesError, Cluster, Database, Login, LoginLimit, MIGRATOR, MigrateLimits,
    MigrationTarget, SERVICE,
};
use sqlx::postgres::PgSslMode;

/// Errors in the configuration of a cluster.
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

/// Databases to migrate, the control store first.
pub(crate) fn targets(settings: &Settings) -> Result<[MigrationTarget; 2], ClusterError> {
    let (control_cluster, control_login) = control(settings)?;
    let (data_cluster, data_login) = data(settings)?;
    let control = &settings.control_store.cluster;
    let data = &settings.data_cluster.cluster;
    let migrator = present(
        control.migrator_password.as_ref(),
        "control_store.migrator_password",
    )?;
    let control = MigrationTarget {
        cluster: control_cluster,
        name: control.database.clone(),
        database: Database::Control,
        migrator: migrator.clone(),
        service: control_login.password,
        superuser: superuser(control),
    };
    let migrator = present(data.migrator_password.as_ref(), "data_cluster.migrator_password")?;
    let data = MigrationTarget {
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

/// Settings of the doctor, with the service's login or the one that `examiner` chooses.
pub(crate) fn doctor_settings(
    settings: &Settings,
    examiner: impl Fn(&ClusterSettings) -> Option<Login>,
) -> Result<DoctorSettings, ClusterError> {
    let (control_cluster, control_service) = control(settings)?;
    let (data_cluster, data_service) = data(settings)?;
    let (control, data) = (&settings.control_store.cluster, &settings.data_cluster.cluster);
    Ok(DoctorSettings {
        control: Target {
            cluster: control_cluster,
            name: control.database.clone(),
            service: control_service,
            examiner: examiner(control),
        },
        data: Target {
            cluster: data_cluster,
            name: data.database.clone(),
            service: data_service,
            examiner: examiner(data),
        },
        min_server_version: settings.data_cluster.min_server_version,
        login_limit: LoginLimit {
            default_max: settings.registry.max_connections_per_tenant,
            instances: settings.registry.instances,
        },
    })
}

/// The most privileged configured login: superuser, else migrator. `None` if only the service's login is configured.
pub(crate) fn operator(settings: &ClusterSettings) -> Option<Login> {
    let migrator = || Some(Login::new(MIGRATOR, settings.migrator_password.clone()?));
    superuser(settings).or_else(migrator)
}

/// Time limits of a migration.
pub(crate) fn limits(settings: &Settings) -> MigrateLimits {
    MigrateLimits {
        deadline: settings.migrations.deadline,
        lock_timeout: settings.migrations.lock_timeout,
    }
}
