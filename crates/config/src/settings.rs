//! The settings: the declaration of every key, and what loading makes of them.
//!
//! A field is a key; its type says which values the key takes. `config/default.toml` explains each key, with
//! its unit and default, in the same order. Plain structs, so that the dev profile can fill in what it makes.

mod clusters;
mod planes;
mod registry;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

pub use clusters::{ClusterSettings, ControlStoreSettings, DataClusterSettings, TlsMode};
pub use planes::{
    AdminPlaneSettings, PlaneLimits, PlaneTls, TenantListenerSettings, TenantPlaneSettings, Way,
};
pub use registry::{OnRefused, RegistrySettings, WatchdogSettings};

use super::declare::settings;
use super::kinds::{Deadline, Filter, Within, Word};

settings! {
    /// All settings, by section. `Debug` shows no secret.
    pub struct Settings {
        /// `[log]`
        log: LogSettings,
        /// `[tenant_plane]`
        tenant_plane: TenantPlaneSettings,
        /// `[admin_plane]`
        admin_plane: AdminPlaneSettings,
        /// `[control_store]`
        control_store: ControlStoreSettings,
        /// `[data_cluster]`
        data_cluster: DataClusterSettings,
        /// `[registry]`
        registry: RegistrySettings,
        /// `[watchdog]`
        watchdog: WatchdogSettings,
        /// `[keys]`
        keys: KeySettings,
        /// `[migrations]`
        migrations: MigrationSettings,
        /// `[doctor]`
        doctor: DoctorSettings,
        /// `[retention]`
        retention: RetentionSettings,
        /// `[shutdown]`
        shutdown: ShutdownSettings,
        /// `[dev]`: set in the dev profile and only there.
        dev: Option<DevSettings>,
    }

    /// `[log]`: logs, written to standard error.
    pub struct LogSettings {
        /// Format of an event.
        format: LogFormat = Word<LogFormat>,
        /// Directives of tracing's `EnvFilter`.
        filter: String = Filter,
    }

    /// `[keys]`: the keys that seal tenants' passwords.
    pub struct KeySettings {
        /// File of the key ring. The dev profile makes one where it is `None`.
        ring_file: Option<PathBuf>,
    }

    /// `[migrations]`: `tenantry migrate`.
    pub struct MigrationSettings {
        /// Duration of all migrations, the wait for another migrator included.
        deadline: Duration,
        /// PostgreSQL's `lock_timeout` of one attempt.
        lock_timeout: Duration,
    }

    /// `[doctor]`: the isolation verifier.
    pub struct DoctorSettings {
        /// Whether the service examines isolation before it serves tenants.
        on_start: bool,
    }

    /// `[retention]`: how long the control store keeps what is done with.
    #[derive(Copy)]
    pub struct RetentionSettings {
        /// Entries of the audit log, in days.
        audit_days: u32 = Within<30, CENTURY>,
        /// Answers to idempotency keys, in hours.
        idempotency_hours: u32 = Within<1, YEAR>,
        /// Finished operations, in days.
        operations_days: u32 = Within<1, CENTURY>,
    }

    /// `[shutdown]`: two stages, one after the other.
    pub struct ShutdownSettings {
        /// Duration that requests in flight get to finish.
        http_deadline: Duration = Deadline,
        /// Duration that pools get to close after that.
        registry_deadline: Duration = Deadline,
    }

    /// `[dev]`: what the dev profile makes by itself.
    pub struct DevSettings {
        /// Folder of everything it makes, from the working directory.
        state_dir: PathBuf,
        /// Whether to start a PostgreSQL instead of using the clusters configured.
        private_postgres: bool,
        /// Whether to create demo tenants.
        seed: bool,
    }
}

/// A hundred years in days: no clock overflows.
const CENTURY: u32 = 36_500;
/// A year in hours.
const YEAR: u32 = 24 * 365;

/// Format of log events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// One short line an event, coloured on a terminal.
    Pretty,
    /// One JSON object an event and line.
    Json,
}

impl Settings {
    /// The addresses to listen on, each with its key, for an error that names a port that is taken: the tenant plane's,
    /// in the order of [`TenantPlaneSettings::all_listeners`], and the admin plane's.
    pub fn listeners(&self) -> Vec<(String, SocketAddr)> {
        let (tenant, admin) = (&self.tenant_plane, &self.admin_plane);
        let beside = tenant.listeners.iter().enumerate();
        let beside = beside.map(|(index, listener)| {
            let key = format!("tenant_plane.listeners[{index}].listen");
            (key, listener.listen)
        });
        [("tenant_plane.listen".to_owned(), tenant.listen)]
            .into_iter()
            .chain(beside)
            .chain([("admin_plane.listen".to_owned(), admin.listen)])
            .collect()
    }
}
