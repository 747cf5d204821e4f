//! The loaded settings: plain structs, so that the dev profile can fill in what it makes itself.
//! `config/default.toml` says what each key means, with its unit.

mod clusters;
mod planes;
mod registry;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

pub use clusters::{
    ClusterSettings, ControlStoreSettings, DataClusterSettings, NotAVersion, ServerVersion, TlsMode,
};
pub use planes::{AdminPlaneSettings, PlaneLimits, TenantPlaneSettings};
pub use registry::{OnRefused, RegistrySettings};
use serde::Deserialize;

use super::secrets::Secrets;

/// Everything the service is told. `Debug` shows no secret.
#[derive(Debug, Clone, Deserialize)]
pub struct Settings {
    /// `[log]`
    pub log: LogSettings,
    /// `[tenant_plane]`
    pub tenant_plane: TenantPlaneSettings,
    /// `[admin_plane]`
    pub admin_plane: AdminPlaneSettings,
    /// `[control_store]`
    pub control_store: ControlStoreSettings,
    /// `[data_cluster]`
    pub data_cluster: DataClusterSettings,
    /// `[registry]`
    pub registry: RegistrySettings,
    /// `[watchdog]`
    pub watchdog: WatchdogSettings,
    /// `[keys]`
    #[serde(default)]
    pub keys: KeySettings,
    /// `[migrations]`
    pub migrations: MigrationSettings,
    /// `[doctor]`
    pub doctor: DoctorSettings,
    /// `[retention]`
    pub retention: RetentionSettings,
    /// `[shutdown]`
    pub shutdown: ShutdownSettings,
    /// `[dev]`: there in the dev profile and only there.
    pub dev: Option<DevSettings>,
}

impl Settings {
    /// Puts the secrets, which never stood in the merged tree, in their places.
    pub(in crate::config) fn take_secrets(&mut self, secrets: &mut Secrets) {
        self.admin_plane.token = secrets.remove("admin_plane.token");
        for (section, cluster) in [
            ("control_store", &mut self.control_store.cluster),
            ("data_cluster", &mut self.data_cluster.cluster),
        ] {
            cluster.service_password = secrets.remove(&format!("{section}.service_password"));
            cluster.migrator_password = secrets.remove(&format!("{section}.migrator_password"));
            cluster.bootstrap_password = secrets.remove(&format!("{section}.bootstrap_password"));
        }
    }

    /// The addresses to listen on, each with its key, for an error that names a port that is taken.
    pub fn listeners(&self) -> [(&'static str, SocketAddr); 2] {
        [
            ("tenant_plane.listen", self.tenant_plane.listen),
            ("admin_plane.listen", self.admin_plane.listen),
        ]
    }
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// One short line an event, coloured on a terminal.
    Pretty,
    /// One JSON object an event and line.
    Json,
}

/// `[log]`: what is logged and how.
#[derive(Debug, Clone, Deserialize)]
pub struct LogSettings {
    /// How.
    pub format: LogFormat,
    /// What: directives of tracing's `EnvFilter`.
    pub filter: String,
}

/// `[watchdog]`: what tenants' sessions may hold of what the server has once for all of them.
#[derive(Debug, Clone, Deserialize)]
pub struct WatchdogSettings {
    /// Between two samples.
    #[serde(with = "humantime_serde")]
    pub interval: Duration,
    /// Of the lock table, by one session.
    pub session_lock_percent: u32,
    /// Of the lock table, by all sessions of a tenant.
    pub tenant_lock_percent: u32,
}

/// `[keys]`: what seals the tenants' passwords.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct KeySettings {
    /// The key ring's file. The dev profile makes one where it is `None`.
    pub ring_file: Option<PathBuf>,
}

/// `[migrations]`
#[derive(Debug, Clone, Deserialize)]
pub struct MigrationSettings {
    /// For all of them, the wait for another migrator included.
    #[serde(with = "humantime_serde")]
    pub deadline: Duration,
    /// PostgreSQL's `lock_timeout` of one attempt.
    #[serde(with = "humantime_serde")]
    pub lock_timeout: Duration,
}

/// `[doctor]`: the isolation verifier.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct DoctorSettings {
    /// Whether no tenant is served before an examination has found nothing.
    pub on_start: bool,
}

/// `[retention]`: how long the control store keeps what nobody works with any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub struct RetentionSettings {
    /// Of entries of the audit log; 30 at least.
    pub audit_days: u32,
    /// Of answers to idempotency keys.
    pub idempotency_hours: u32,
    /// Of finished operations.
    pub operations_days: u32,
}

/// `[shutdown]`: two stages, one after the other.
#[derive(Debug, Clone, Deserialize)]
pub struct ShutdownSettings {
    /// For the requests under way; zero for not at all.
    #[serde(with = "humantime_serde")]
    pub http_deadline: Duration,
    /// For the pools, after that; zero for not at all.
    #[serde(with = "humantime_serde")]
    pub registry_deadline: Duration,
}

/// `[dev]`: what the dev profile makes by itself.
#[derive(Debug, Clone, Deserialize)]
pub struct DevSettings {
    /// Folder of all that it makes, from the working directory.
    pub state_dir: PathBuf,
    /// Whether to start a PostgreSQL, instead of using the clusters configured.
    pub private_postgres: bool,
    /// Whether to create demo tenants.
    pub seed: bool,
}
