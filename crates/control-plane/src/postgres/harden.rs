//! Takes from PUBLIC what a fresh PostgreSQL gives it, and reads back what is left.

use sqlx::Executor as _;
use sqlx::postgres::PgConnection;

use super::Database;

/// What PUBLIC may do in a database: what this and the doctor both ask.
pub(crate) const OPEN_DOORS: &str = include_str!("sql/open_doors.sql");

/// What such a question returns: a code of the doctor's, the object, what is wrong, and the SQL that closes it.
pub(crate) type Flaw = (String, String, String, Option<String>);

/// Hardens the database that this connection is in, which must be a superuser's or the migrator's. Idempotent.
/// Without superuser a part of it is not possible, and PostgreSQL says so in warnings at most: ask
/// [`open_doors`] what is left.
///
/// # Errors
/// What the server answers.
pub async fn harden_database(connection: &mut PgConnection, database: Database) -> Result<(), sqlx::Error> {
    connection.execute(include_str!("sql/harden.sql")).await?;
    if database == Database::Data {
        connection.execute(include_str!("sql/guard.sql")).await?;
    }
    Ok(())
}

/// Closes the maintenance databases to tenants. As a superuser, in the maintenance database.
pub(super) async fn harden_shared(superuser: &mut PgConnection) -> Result<(), sqlx::Error> {
    superuser
        .execute(include_str!("sql/harden_shared.sql"))
        .await
        .map(drop)
}

/// What PUBLIC may still do that it should not, a sentence each: in this connection's database, and in those that
/// every cluster has, the maintenance database among them.
///
/// # Errors
/// What the server answers.
pub async fn open_doors(
    connection: &mut PgConnection,
    maintenance_database: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let mut open: Vec<String> = sqlx::query_scalar(include_str!("sql/open_databases.sql"))
        .bind(maintenance_database)
        .fetch_all(&mut *connection)
        .await?;
    let doors: Vec<Flaw> = sqlx::query_as(OPEN_DOORS).fetch_all(connection).await?;
    open.extend(doors.into_iter().map(|(_, _, wrong, _)| wrong));
    Ok(open)
}
