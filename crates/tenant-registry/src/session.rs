//! What every tenant session starts with, and what it is checked for.
//!
//! A tenant's login can `ALTER ROLE` itself and so leave settings for its next session. Start-up options
//! override them: whatever the service relies on is passed with each connect.

use std::sync::Arc;
use std::time::Duration;

use sqlx::Row as _;
use sqlx::postgres::{PgConnectOptions, PgConnection};

/// The time limits of a tenant's session. They are an aid: SQL in the session can lift them, so whoever waits
/// for a query has a deadline of its own.
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
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            statement_timeout: Duration::from_secs(15),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_secs(30),
            min_server_version: 140_000,
            application_name: "tenantry".to_owned(),
        }
    }
}

/// Adds the start-up options.
pub(crate) fn options(connect: PgConnectOptions, settings: &SessionSettings) -> PgConnectOptions {
    let milliseconds = |limit: Duration| limit.as_millis().to_string();
    connect.application_name(&settings.application_name).options([
        ("search_path", "pg_catalog".to_owned()),
        ("role", "none".to_owned()),
        ("row_security", "on".to_owned()),
        ("default_transaction_read_only", "off".to_owned()),
        ("default_transaction_isolation", "read committed".to_owned()),
        ("statement_timeout", milliseconds(settings.statement_timeout)),
        ("lock_timeout", milliseconds(settings.lock_timeout)),
        (
            "idle_in_transaction_session_timeout",
            milliseconds(settings.idle_in_transaction_timeout),
        ),
        // With these a login could lock itself out: a library that does not exist ends every later session of its
        // own at once, and so would a moment's idleness end each pooled one.
        ("local_preload_libraries", String::new()),
        ("idle_session_timeout", "0".to_owned()),
        // The same by ending the session at its first error, or where an answer takes longer than a millisecond.
        ("exit_on_error", "off".to_owned()),
        ("tcp_user_timeout", "0".to_owned()),
        // What statements and answers mean shall not depend on what the login has left.
        ("standard_conforming_strings", "on".to_owned()),
        ("bytea_output", "hex".to_owned()),
        ("IntervalStyle", "postgres".to_owned()),
        // Nobody reads notices; the ROLLBACK of a clean-up would cause one each time.
        ("client_min_messages", "error".to_owned()),
        // A backend whose client is gone ends its query within this, PostgreSQL 14 on.
        ("client_connection_check_interval", "200".to_owned()),
    ])
}

/// Refuses a session that row level security would not bind, and a server that is too old. Returns the process id of
/// the session's backend.
pub(crate) async fn verify(
    connection: &mut PgConnection,
    min_server_version: u32,
) -> Result<i32, sqlx::Error> {
    // Not prepared: one round trip instead of two.
    let role =
        "SELECT pg_catalog.pg_backend_pid(), CASE WHEN rolsuper OR rolbypassrls THEN 'on' ELSE 'off' END
         FROM pg_catalog.pg_roles WHERE rolname = session_user";
    look(connection, min_server_version, role).await
}

/// As [`verify`], for a login that was verified a moment ago: what it may is not read again, but for whether it is a
/// superuser, which the session knows by itself. A fresh backend has an empty catalogue cache: one that has to look at
/// `pg_roles` takes a sixth longer to begin, one that has to find a cast a fiftieth.
pub(crate) async fn verify_again(
    connection: &mut PgConnection,
    min_server_version: u32,
) -> Result<i32, sqlx::Error> {
    let session = "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('is_superuser')";
    look(connection, min_server_version, session).await
}

async fn look(
    connection: &mut PgConnection,
    min_server_version: u32,
    sql: &'static str,
) -> Result<i32, sqlx::Error> {
    let version = connection.server_version_num().unwrap_or(0);
    if version < min_server_version {
        return Err(SessionRefused::ServerTooOld {
            version,
            min: min_server_version,
        }
        .into());
    }
    let row = sqlx::raw_sql(sql).fetch_one(connection).await?;
    // Refused unless it is said that it does not.
    if row.try_get::<&str, _>(1)? != "off" {
        return Err(SessionRefused::BypassesRowSecurity.into());
    }
    row.try_get(0)
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
    /// The login is a superuser or has BYPASSRLS.
    #[error("row level security does not bind the tenant's login")]
    BypassesRowSecurity,
    /// The server refuses the login's password, also after the source was asked for it anew (28P01).
    #[error("the server refuses the password that the source has")]
    Password(#[source] Arc<sqlx::Error>),
}

impl From<SessionRefused> for sqlx::Error {
    fn from(refused: SessionRefused) -> Self {
        Self::Configuration(Box::new(refused))
    }
}
