//! Short forms of statements in tests.

use sqlx::postgres::{PgConnection, PgQueryResult};
use sqlx::{AssertSqlSafe, Executor as _, raw_sql};

use crate::Databases;

/// Runs the statements, one or several.
///
/// # Errors
/// The server's.
pub async fn run(session: &mut PgConnection, sql: &str) -> Result<PgQueryResult, sqlx::Error> {
    session.execute(raw_sql(AssertSqlSafe(sql.to_owned()))).await
}

/// Queries one value.
pub async fn one<T>(session: &mut PgConnection, sql: &str) -> T
where
    T: Send + Unpin + sqlx::Type<sqlx::Postgres> + for<'r> sqlx::Decode<'r, sqlx::Postgres>,
{
    sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
        .fetch_one(session)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"))
}

/// A superuser's session in the control store.
pub async fn in_store(databases: &Databases) -> PgConnection {
    databases.server().superuser(databases.control().as_str()).await
}
