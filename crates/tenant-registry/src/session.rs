//! Start-up options and checks of tenant sessions.
//!
//! A tenant's login can `ALTER ROLE` itself and so leave settings for its next session. Start-up options
//! override them: whatever the service relies on is passed with each connect, and read back from the session.

mod check;
mod start_up;

use std::sync::Arc;
use std::time::Duration;

pub(crate) use check::verify;
pub(crate) use start_up::options;

/// Time limits and checks of a tenant's session. The limits are an aid: SQL in the session can lift them, so whoever
/// waits for a query has a deadline of its own.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// `statement_timeout`.
    pub statement_timeout: Duration,
    /// `lock_timeout`.
    pub lock_timeout: Duration,
    /// `idle_in_transaction_session_timeout`.
    pub idle_in_transaction_timeout: Duration,
    /// The oldest server that is used, as `server_version_num` (160004 for 16.4).
    pub min_server_version: u32,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
    /// A table of tenants' data, with its schema: each new session is refused unless row level security is active for
    /// it there, which costs a twentieth of a login. Without a table, or where it does not exist, the login's
    /// attributes are read from `pg_roles`, which costs a fifth.
    pub isolated_table: Option<String>,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            statement_timeout: Duration::from_secs(15),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(30),
            min_server_version: 140_000,
            application_name: "tenantry".to_owned(),
            isolated_table: None,
        }
    }
}

/// Why a session that could be opened is not used.
#[derive(Debug, thiserror::Error)]
pub enum SessionRefused {
    /// The server is older than the settings allow.
    #[error("server version {version} is older than the required {min}")]
    ServerTooOld {
        /// Its `server_version_num`.
        version: u32,
        /// The least that is used.
        min: u32,
    },
    /// The login is a superuser or has BYPASSRLS, or the table has no row level security.
    #[error("row level security does not bind the tenant's login")]
    BypassesRowSecurity,
    /// The server refuses the login's password, also after the source was asked for it anew (28P01).
    #[error("the server refuses the password that the source has")]
    Password(#[source] Arc<sqlx::Error>),
    /// A start-up option did not arrive: a proxy between drops it, such as PgBouncer with
    /// `ignore_startup_parameters = options`.
    #[error(
        "the session has {setting} = '{found}' and not '{wanted}': a proxy or pooler in front of PostgreSQL drops \
         start-up options; connect without it, or have it pass them on"
    )]
    StartUpOptionLost {
        /// The setting.
        setting: &'static str,
        /// Its value in the session.
        found: String,
        /// The value that was sent.
        wanted: String,
    },
}

impl SessionRefused {
    /// The refusal in this error, if it is one.
    pub(crate) fn of(error: &sqlx::Error) -> Option<&Self> {
        match error {
            sqlx::Error::Configuration(error) => error.downcast_ref(),
            _ => None,
        }
    }
}

impl From<SessionRefused> for sqlx::Error {
    fn from(refused: SessionRefused) -> Self {
        Self::Configuration(Box::new(refused))
    }
}
