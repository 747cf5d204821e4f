//! Errors of logins, with server, database and role, never with the password.

use std::io;
use std::time::Duration;

use crate::cluster::{Cluster, Login};

/// Why a login failed.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// No PostgreSQL answers there.
    #[error("cannot reach PostgreSQL at {place}")]
    Unreachable {
        /// Host and port.
        place: String,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
    /// The server, or the network before it, is silent.
    #[error("PostgreSQL at {place} does not answer within {within:?}")]
    Silent {
        /// Host and port.
        place: String,
        /// The time limit.
        within: Duration,
    },
    /// There is no such database, or the login is not let in: as before the first migration.
    #[error("PostgreSQL at {place} refuses {user} access to {database}; has `tenantry migrate` been run?")]
    Refused {
        /// Host and port.
        place: String,
        /// The role.
        user: String,
        /// The database.
        database: String,
        /// What the server said.
        #[source]
        cause: sqlx::Error,
    },
    /// The server answers, and cannot be used.
    #[error("cannot use {database} at {place} as {user}")]
    Unusable {
        /// Host and port.
        place: String,
        /// The role.
        user: String,
        /// The database.
        database: String,
        /// Why.
        #[source]
        cause: sqlx::Error,
    },
}

impl LoginError {
    /// Classifies the error of a login to this database.
    pub fn new(cluster: &Cluster, login: &Login, database: &str, cause: sqlx::Error) -> Self {
        let place = place(&cluster.host, cluster.port);
        let (user, database) = (login.user.clone(), database.to_owned());
        match &cause {
            sqlx::Error::Io(error) if error.kind() == io::ErrorKind::TimedOut => Self::Silent {
                place,
                within: cluster.connect_timeout,
            },
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Self::Unreachable { place, cause },
            sqlx::Error::Database(error) if is_of_setup(error.code().as_deref()) => Self::Refused {
                place,
                user,
                database,
                cause,
            },
            _ => Self::Unusable {
                place,
                user,
                database,
                cause,
            },
        }
    }
}

/// Whether a migration mends it: a role that is missing or has another password (28000, 28P01), a database that is
/// missing (3D000) or closed to the role (42501).
fn is_of_setup(code: Option<&str>) -> bool {
    matches!(code, Some("28000" | "28P01" | "3D000" | "42501"))
}

/// Host and port, with an IPv6 address in brackets. The host may be a socket's folder.
fn place(host: &str, port: u16) -> String {
    if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(cause: sqlx::Error) -> String {
        let cluster = Cluster {
            connect_timeout: Duration::from_secs(10),
            ..Cluster::new("db.example", 5433)
        };
        let login = Login::new("tenantry_service", "hunter2".to_owned().into());
        let error = LoginError::new(&cluster, &login, "tenantry_control", cause);
        assert!(!format!("{error:?} {error}").contains("hunter2"));
        error.to_string()
    }

    #[test]
    fn an_unreachable_server_is_named_without_a_guess_at_migrations() {
        let refused = sqlx::Error::Io(io::ErrorKind::ConnectionRefused.into());
        assert_eq!(said(refused), "cannot reach PostgreSQL at db.example:5433");
        let silent = sqlx::Error::Io(io::ErrorKind::TimedOut.into());
        assert_eq!(
            said(silent),
            "PostgreSQL at db.example:5433 does not answer within 10s"
        );
        let other = sqlx::Error::Protocol("x".to_owned());
        assert_eq!(
            said(other),
            "cannot use tenantry_control at db.example:5433 as tenantry_service"
        );
        assert_eq!(place("::1", 5432), "[::1]:5432");
    }

    #[test]
    fn migrations_are_asked_for_where_they_mend_it() {
        for code in ["28000", "28P01", "3D000", "42501"] {
            assert!(is_of_setup(Some(code)), "{code}");
        }
        for code in ["53300", "57P03", "57P01"] {
            assert!(!is_of_setup(Some(code)), "{code}");
        }
    }
}
