//! The two PostgreSQL clusters.

use std::path::PathBuf;
use std::time::Duration;

use schema::DatabaseName;
use secrecy::SecretString;
use serde::Deserialize;

use crate::declare::settings;
use crate::kinds::{Host, Port, ServerVersion, Word};
use crate::secret::{Password, Secret};

settings! {
    /// A cluster and its logins, the same keys for both.
    pub struct ClusterSettings {
        /// Name, address, or the absolute path of a socket's folder.
        host: Option<String> = Option<Host>,
        /// TCP port.
        port: u16 = Port,
        /// The database.
        database: DatabaseName,
        /// The database to connect to before the other one exists, and for cluster-wide locks.
        maintenance_database: String,
        /// Encryption.
        tls: TlsMode = Word<TlsMode>,
        /// PEM file of the authorities to trust in place of the system's.
        tls_ca_file: Option<PathBuf>,
        /// Password of `tenantry_service`.
        service_password: Option<SecretString> = Secret<Password>,
        /// Password of `tenantry_migrator`.
        migrator_password: Option<SecretString> = Secret<Password>,
        /// A superuser, who makes the fixed roles.
        bootstrap_user: Option<String>,
        /// Password of that superuser.
        bootstrap_password: Option<SecretString> = Secret<Password>,
        /// Duration of opening one connection.
        connect_timeout: Duration,
    }

    /// `[control_store]`: the cluster that keeps the tenants themselves.
    pub struct ControlStoreSettings {
        /// Server and logins.
        cluster: ClusterSettings,
        /// Connections of the control plane's own pool.
        max_connections: u32,
    }

    /// `[data_cluster]`: the cluster that keeps the tenants' data.
    pub struct DataClusterSettings {
        /// Server and logins.
        cluster: ClusterSettings,
        /// The oldest server that is used, as `server_version_num` has it.
        min_server_version: u32 = ServerVersion,
    }
}

/// Encryption of a connection to PostgreSQL: libpq's `sslmode` without `allow`,
/// <https://www.postgresql.org/docs/current/libpq-ssl.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Never.
    Disable,
    /// If the server can.
    Prefer,
    /// Always; the peer is not verified.
    Require,
    /// Always, with a certificate of a trusted authority.
    VerifyCa,
    /// Always, with a certificate of a trusted authority for this very host.
    VerifyFull,
}
