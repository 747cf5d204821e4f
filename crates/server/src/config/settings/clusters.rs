//! The two PostgreSQL clusters.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use control_plane::postgres::DatabaseName;
use secrecy::SecretString;
use serde::{Deserialize, Deserializer, de};

/// How a connection to PostgreSQL is encrypted, libpq's `sslmode` without `allow`:
/// <https://www.postgresql.org/docs/current/libpq-ssl.html>.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TlsMode {
    /// Never.
    Disable,
    /// If the server can.
    Prefer,
    /// Always, whoever the peer is.
    Require,
    /// Always, with a certificate of a known authority.
    VerifyCa,
    /// Always, with a certificate of a known authority for this very host.
    VerifyFull,
}

/// One cluster and its logins: what both of them have.
#[derive(Debug, Clone, Deserialize)]
pub struct ClusterSettings {
    /// Name, address, or the absolute path of a socket's folder.
    pub host: Option<String>,
    /// TCP port.
    pub port: u16,
    /// The database.
    #[serde(deserialize_with = "from_text")]
    pub database: DatabaseName,
    /// Where to connect before the database exists, and for cluster-wide locks.
    pub maintenance_database: String,
    /// Encryption.
    pub tls: TlsMode,
    /// Authorities to trust in place of the system's, as PEM.
    pub tls_ca_file: Option<PathBuf>,
    /// Of the login `tenantry_service`.
    #[serde(skip)]
    pub service_password: Option<SecretString>,
    /// Of the login `tenantry_migrator`.
    #[serde(skip)]
    pub migrator_password: Option<SecretString>,
    /// The login that makes the fixed roles.
    pub bootstrap_user: Option<String>,
    /// Its password.
    #[serde(skip)]
    pub bootstrap_password: Option<SecretString>,
    /// Of opening one connection.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
}

/// `[control_store]`: where the tenants themselves are kept.
#[derive(Debug, Clone, Deserialize)]
pub struct ControlStoreSettings {
    /// Where it is and who connects.
    #[serde(flatten)]
    pub cluster: ClusterSettings,
    /// Connections of the control plane's own pool.
    pub max_connections: u32,
}

/// `[data_cluster]`: where the tenants' data is kept.
#[derive(Debug, Clone, Deserialize)]
pub struct DataClusterSettings {
    /// Where it is and who connects.
    #[serde(flatten)]
    pub cluster: ClusterSettings,
    /// A server older than this is refused.
    pub min_server_version: ServerVersion,
}

/// A PostgreSQL version, `major.minor`, 14.0 at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion {
    major: u16,
    minor: u16,
}

impl ServerVersion {
    /// As the server's `server_version_num` has it: 14.5 is 140005.
    pub fn as_num(self) -> u32 {
        u32::from(self.major) * 10_000 + u32::from(self.minor)
    }
}

/// Text that is no [`ServerVersion`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no version of PostgreSQL as \"major.minor\", 14.0 at least")]
pub struct NotAVersion(String);

impl FromStr for ServerVersion {
    type Err = NotAVersion;

    fn from_str(text: &str) -> Result<Self, NotAVersion> {
        text.split_once('.')
            .and_then(|(major, minor)| {
                Some(Self {
                    major: major.parse().ok()?,
                    minor: minor.parse().ok()?,
                })
            })
            .filter(|version| (14..=99).contains(&version.major) && version.minor <= 9_999)
            .ok_or_else(|| NotAVersion(text.to_owned()))
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl<'de> Deserialize<'de> for ServerVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        from_text(deserializer)
    }
}

fn from_text<'de, T: FromStr<Err: fmt::Display>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    String::deserialize(deserializer)?
        .parse()
        .map_err(de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::ServerVersion;

    #[test]
    fn versions_compare_as_the_server_counts_them() {
        let version = |text: &str| text.parse::<ServerVersion>();
        assert_eq!(version("14.5").unwrap().as_num(), 140_005);
        assert_eq!(version("18.10").unwrap().as_num(), 180_010);
        assert!(version("14.10").unwrap() > version("14.9").unwrap());
        for wrong in ["13.22", "14", "14.x", "14.1.2", "", "-14.0", "100.0", "14.10000"] {
            assert!(version(wrong).is_err(), "{wrong}");
        }
    }
}
