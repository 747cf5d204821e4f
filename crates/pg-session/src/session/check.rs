//! Checks of a new session, in one round trip.

use std::fmt::Write as _;

use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row as _};

use super::start_up::{StartUpOption, start_up_options};
use super::{BypassReason, SessionRefused, SessionSettings};

/// Whether the login has an attribute that bypasses row level security. Costs a fifth of a login: a fresh backend has
/// an empty catalogue cache, and `pg_roles` is a view over two tables.
const BYPASSES_BY_ATTRIBUTE: &str =
    "(SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = session_user)";

/// The columns before those of the start-up options.
const FIXED_COLUMNS: usize = 3;

/// Refuses a session that bypasses row level security, has lost start-up options, or is of a server that is too old.
/// `server_version` is the version for which the start-up options were sent. Returns the backend's process id.
pub async fn verify(
    connection: &mut PgConnection,
    settings: &SessionSettings,
    server_version: u32,
) -> Result<i32, sqlx::Error> {
    let (version, min) = (
        connection.server_version_num().unwrap_or(0),
        settings.min_server_version,
    );
    if version < min {
        return Err(SessionRefused::ServerTooOld { version, min }.into());
    }
    let expected = start_up_options(settings, server_version);
    let by_attribute = query(BYPASSES_BY_ATTRIBUTE, &expected);
    let row = match &settings.isolated_table {
        Some(table) => match fetch_row(connection, query(&bypasses_by_table(table), &expected)).await {
            Err(error) if is_table_missing(&error) => fetch_row(connection, by_attribute).await?,
            row => row?,
        },
        None => fetch_row(connection, by_attribute).await?,
    };
    // Both checks must pass: `is_superuser` is the session's own state, the other reads the login or the table.
    let bypasses: Option<bool> = row.try_get(2)?;
    if row.try_get::<&str, _>(1)? != "off" || bypasses != Some(false) {
        return Err(refusal(connection).await?.into());
    }
    for (column, option) in expected.iter().enumerate() {
        let found: &str = row.try_get(FIXED_COLUMNS + column)?;
        if found != option.displayed {
            return Err(SessionRefused::StartUpOptionLost {
                setting: option.setting,
                found: found.to_owned(),
                wanted: option.displayed.clone(),
            }
            .into());
        }
    }
    row.try_get(0)
}

/// The refusal of a session that bypasses row level security, with the reason.
async fn refusal(connection: &mut PgConnection) -> Result<SessionRefused, sqlx::Error> {
    let sql =
        "SELECT rolname::text, rolsuper, rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = session_user";
    let row = fetch_row(connection, sql.to_owned()).await?;
    let reason = match (row.try_get(1)?, row.try_get(2)?) {
        (true, _) => BypassReason::Superuser,
        (false, true) => BypassReason::BypassRls,
        (false, false) => BypassReason::Table,
    };
    let login = row.try_get(0)?;
    Ok(SessionRefused::BypassesRowSecurity { login, reason })
}

/// SQL expression: whether row level security is inactive for this session on the table.
fn bypasses_by_table(table: &str) -> String {
    format!(
        "NOT pg_catalog.row_security_active('{}')",
        table.replace('\'', "''")
    )
}

fn query(bypasses: &str, expected: &[StartUpOption]) -> String {
    let mut sql =
        format!("SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_setting('is_superuser'), {bypasses}");
    for option in expected {
        // Writing to a string cannot fail.
        let _ = write!(sql, ", pg_catalog.current_setting('{}')", option.setting);
    }
    sql
}

/// Not prepared: one round trip instead of two.
async fn fetch_row(connection: &mut PgConnection, sql: String) -> Result<PgRow, sqlx::Error> {
    // The variable parts are the operator's table, quoted, and names of settings.
    sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(connection).await
}

/// The table does not exist (42P01, 3F000), its name is invalid (42602), or its schema is not accessible (42501).
fn is_table_missing(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    matches!(code.as_deref(), Some("42P01" | "3F000" | "42602" | "42501"))
}
