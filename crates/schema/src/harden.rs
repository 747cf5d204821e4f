//! Hardening: revokes what a fresh PostgreSQL grants to PUBLIC, and reads back what is left.

use sqlx::Executor as _;
use sqlx::postgres::PgConnection;

use crate::catalog_rules::{HARDENING_GAPS, Violation};
use crate::database::Database;

/// Hardens the connection's database. The login must be a superuser or the migrator. Idempotent.
///
/// Without a superuser some revocations are not possible, and PostgreSQL reports that with a warning at most: read the
/// result back with [`hardening_gaps`].
///
/// # Errors
/// When a statement fails.
pub async fn harden_database(connection: &mut PgConnection, database: Database) -> Result<(), sqlx::Error> {
    connection.execute(include_str!("sql/harden.sql")).await?;
    if database == Database::Data {
        connection.execute(include_str!("sql/ddl_guard.sql")).await?;
    }
    Ok(())
}

/// Closes the databases that every cluster has to tenants' logins. The connection must be a superuser's, in the
/// maintenance database.
pub(crate) async fn harden_shared_databases(superuser: &mut PgConnection) -> Result<(), sqlx::Error> {
    superuser
        .execute(include_str!("sql/harden_shared_databases.sql"))
        .await
        .map(drop)
}

/// What hardening left open in the connection's database and in those that every cluster has, a sentence each.
///
/// # Errors
/// When a query fails.
pub async fn hardening_gaps(
    connection: &mut PgConnection,
    maintenance_database: &str,
) -> Result<Vec<String>, sqlx::Error> {
    let mut gaps: Vec<String> = sqlx::query_scalar(include_str!("sql/open_databases.sql"))
        .bind(maintenance_database)
        .fetch_all(&mut *connection)
        .await?;
    let violations: Vec<Violation> = sqlx::query_as(HARDENING_GAPS).fetch_all(connection).await?;
    gaps.extend(violations.into_iter().map(|violation| violation.wrong));
    Ok(gaps)
}
