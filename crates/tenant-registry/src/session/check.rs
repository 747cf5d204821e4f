//! Checks of a new session, in one round trip.

use std::fmt::Write as _;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row as _};

use super::start_up::{StartUp, start_up};
use super::{SessionRefused, SessionSettings};

/// Whether the login has an attribute that row level security does not bind. Reading it costs a fifth of a login: a
/// fresh backend has an empty catalogue cache, and `pg_roles` is a view over two tables.
const ATTRIBUTE: &str =
    "(SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = session_user)";

/// The columns before those of the start-up options.
const FIXED: usize = 3;

/// Refuses a session that row level security would not bind, one whose start-up options did not arrive, and a server
/// that is too old. `sent_for` is the version for which the start-up options were sent. Returns the process id of the
/// session's backend.
pub(crate) async fn verify(
    connection: &mut PgConnection,
    settings: &SessionSettings,
    sent_for: u32,
) -> Result<i32, sqlx::Error> {
    let (version, min) = (
        connection.server_version_num().unwrap_or(0),
        settings.min_server_version,
    );
    if version < min {
        return Err(SessionRefused::ServerTooOld { version, min }.into());
    }
    let expected = start_up(settings, sent_for);
    let by_attribute = query(ATTRIBUTE, &expected);
    let row = match &settings.isolated_table {
        Some(table) => match ask(connection, query(&unbound(table), &expected)).await {
            Err(error) if is_missing(&error) => ask(connection, by_attribute).await?,
            asked => asked?,
        },
        None => ask(connection, by_attribute).await?,
    };
    // Refused unless both say that it is bound. A superuser's session knows by itself that it is one.
    let unbound: Option<bool> = row.try_get(2)?;
    if row.try_get::<&str, _>(1)? != "off" || unbound != Some(false) {
        return Err(SessionRefused::BypassesRowSecurity.into());
    }
    for (column, option) in expected.iter().enumerate() {
        let found: &str = row.try_get(FIXED + column)?;
        if found != option.shown {
            return Err(SessionRefused::StartUpOptionLost {
                setting: option.setting,
                found: found.to_owned(),
                wanted: option.shown.clone(),
            }
            .into());
        }
    }
    row.try_get(0)
}

/// Whether row level security is not active for this session on the table.
fn unbound(table: &str) -> String {
    format!(
        "NOT pg_catalog.row_security_active('{}')",
        table.replace('\'', "''")
    )
}

fn query(unbound: &str, expected: &[StartUp]) -> String {
    let mut sql =
        format!("SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('is_superuser'), {unbound}");
    for option in expected {
        // Writing to a string does not fail.
        let _ = write!(sql, ", pg_catalog.current_setting('{}')", option.setting);
    }
    sql
}

/// Not prepared: one round trip instead of two.
async fn ask(connection: &mut PgConnection, sql: String) -> Result<PgRow, sqlx::Error> {
    // What varies in the text is the operator's own table, quoted, and names of settings.
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await
}

/// The table does not exist (42P01, 3F000), its name is no name (42602), or the login may not see its schema (42501).
fn is_missing(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42P01" | "3F000" | "42602" | "42501"))
}
