//! Start-up options and checks of tenant sessions.
//!
//! A tenant's login can `ALTER ROLE` itself, which changes settings of its next sessions. Start-up options override
//! them: every setting that the service relies on is sent with each connect, and read back from the session.

mod check;
mod start_up;

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgDatabaseError;

pub use check::verify;
pub use start_up::options;

/// Time limits and checks of a tenant's session. SQL in the session can lift the limits, so callers need deadlines of
/// their own.
#[derive(Debug, Clone)]
pub struct SessionSettings {
    /// `statement_timeout`.
    pub statement_timeout: Duration,
    /// `lock_timeout`.
    pub lock_timeout: Duration,
    /// `idle_in_transaction_session_timeout`.
    pub idle_in_transaction_timeout: Duration,
    /// The oldest supported server, as `server_version_num` (160004 for 16.4).
    pub min_server_version: u32,
    /// `application_name`, as shown in `pg_stat_activity`.
    pub application_name: String,
    /// A schema-qualified table of tenants' data: a new session is refused unless row level security is active for it
    /// there, a check that costs a twentieth of a login. Without a table, or if it does not exist, the login's
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

/// Why a session is refused after its login, or a login is locked out.
#[derive(Debug, thiserror::Error)]
pub enum SessionRefused {
    /// The server is older than the settings allow.
    #[error("server version {version} is older than the required {min}")]
    ServerTooOld {
        /// The server's `server_version_num`.
        version: u32,
        /// The required minimum.
        min: u32,
    },
    /// The login is a superuser or has BYPASSRLS, or the table has no row level security.
    #[error("row level security does not bind the tenant's login {login}: {}", .reason.explain(.login))]
    BypassesRowSecurity {
        /// The login.
        login: String,
        /// Why row level security does not bind it.
        reason: BypassReason,
    },
    /// The server refuses the login even with fresh credentials: by its password (28P01) or its NOLOGIN attribute
    /// (28000).
    #[error("the server refuses the tenant's login by its password or NOLOGIN")]
    LockedOut(#[source] Arc<sqlx::Error>),
    /// A start-up option was lost: a proxy in between drops it, such as PgBouncer with
    /// `ignore_startup_parameters = options`.
    #[error(
        "the session has {setting} = '{found}' instead of '{wanted}': a proxy or pooler in front of PostgreSQL drops \
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

/// Why row level security does not bind a login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BypassReason {
    /// The login is a superuser.
    Superuser,
    /// The login has BYPASSRLS.
    BypassRls,
    /// The isolated table has no row level security, or the login owns it.
    Table,
}

impl BypassReason {
    fn explain(self, login: &str) -> String {
        match self {
            Self::Superuser => format!("it is a superuser; ALTER ROLE {login} NOSUPERUSER"),
            Self::BypassRls => format!("it has BYPASSRLS; ALTER ROLE {login} NOBYPASSRLS"),
            Self::Table => "the table is not isolated; see `tenantry doctor`".to_owned(),
        }
    }
}

/// Whether the server refused the login by its own password or attributes. `pg_hba.conf` refuses with SQLSTATE 28000 as
/// well (`ClientAuthentication`), which concerns the cluster and not the tenant; the PostgreSQL routine tells them
/// apart, since messages are translated.
pub fn is_lockout(error: &sqlx::Error) -> bool {
    let Some(error) = error.as_database_error() else {
        return false;
    };
    let routine = error
        .try_downcast_ref::<PgDatabaseError>()
        .and_then(PgDatabaseError::routine);
    match error.code().as_deref() {
        Some("28P01") => true,
        Some("28000") => routine == Some("InitializeSessionUserId"),
        _ => false,
    }
}

impl SessionRefused {
    /// The refusal in this error, if any.
    pub fn of(error: &sqlx::Error) -> Option<&Self> {
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
