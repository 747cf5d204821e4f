//! Creation of the fixed roles.
//!
//! Roles belong to the cluster and not to a database, so no migration can hold them. Callers hold the cluster's lock:
//! concurrent "create if missing" from several databases fails.

use secrecy::SecretString;
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use crate::catalog_rules::{POWERFUL_ROLES, Violation};
use crate::migrate_error::MigrateError;
use crate::names::{MIGRATOR, SERVICE};
use crate::scram;

/// Creates the migrator's login. Run as a superuser.
pub(crate) async fn ensure_migrator(
    superuser: &mut PgConnection,
    password: &SecretString,
) -> Result<(), MigrateError> {
    superuser.execute(include_str!("sql/migrator.sql")).await?;
    set_password(superuser, MIGRATOR, password).await
}

/// Creates all other fixed roles. Run as the migrator.
pub(crate) async fn ensure_others(
    migrator: &mut PgConnection,
    service: &SecretString,
) -> Result<(), MigrateError> {
    // First: the migrator cannot alter a role with too many rights, and PostgreSQL's error for that would say less.
    refuse_powerful_roles(migrator).await?;
    migrator.execute(include_str!("sql/fixed_roles.sql")).await?;
    set_password(migrator, SERVICE, service).await
}

/// Grants ADMIN OPTION on roles of a server before PostgreSQL 16 to their creators, which cannot alter them without it. Run
/// as a superuser, after the migrator exists.
pub(crate) async fn adopt(superuser: &mut PgConnection) -> Result<(), sqlx::Error> {
    superuser
        .execute(include_str!("sql/adopt_roles.sql"))
        .await
        .map(drop)
}

/// Lets the service use reserved connections, which the migrator cannot grant. Run as a superuser, after the fixed
/// roles exist.
pub(crate) async fn grant_reserved_connections(superuser: &mut PgConnection) -> Result<(), sqlx::Error> {
    let grant = include_str!("sql/reserved_connections.sql");
    superuser.execute(grant).await.map(drop)
}

/// Lets the watchdog's function signal backends, where the login may grant that. Run as a superuser or as the
/// migrator.
pub(crate) async fn grant_signal_to_watchdog(connection: &mut PgConnection) -> Result<(), MigrateError> {
    connection.execute(include_str!("sql/watchdog_right.sql")).await?;
    Ok(())
}

async fn set_password(
    connection: &mut PgConnection,
    role: &str,
    password: &SecretString,
) -> Result<(), MigrateError> {
    let verifier = scram::of_chosen(password).map_err(|cause| MigrateError::Password {
        role: role.to_owned(),
        cause,
    })?;
    // ALTER ROLE takes no parameters. A verifier consists of base64 and punctuation, without a quote.
    connection
        .execute(AssertSqlSafe(format!(
            "ALTER ROLE {role} LOGIN PASSWORD '{verifier}'"
        )))
        .await?;
    Ok(())
}

/// Refuses fixed roles that existed before and have rights that we would not give them.
async fn refuse_powerful_roles(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let violations: Vec<Violation> = sqlx::query_as(POWERFUL_ROLES).fetch_all(connection).await?;
    if violations.is_empty() {
        Ok(())
    } else {
        let powers = violations.into_iter().map(|violation| violation.wrong);
        Err(MigrateError::PowerfulRoles(powers.collect()))
    }
}
