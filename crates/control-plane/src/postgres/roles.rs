//! Makes the fixed roles. They belong to the cluster and not to a database, so no migration can hold them, and
//! "if not exists, create" from several databases at once fails: the caller holds the cluster's lock.

use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Executor as _};

use super::harden::Flaw;
use super::names::{MIGRATOR, SERVICE};
use super::{MigrateError, scram};
use secrecy::SecretString;

/// What our fixed roles have and must not: what this and the doctor both ask.
pub(crate) const POWERFUL_ROLES: &str = include_str!("sql/powerful_roles.sql");

/// As a superuser: the login that does all the rest, without being one itself.
pub(super) async fn ensure_migrator(
    superuser: &mut PgConnection,
    password: &SecretString,
) -> Result<(), MigrateError> {
    superuser.execute(include_str!("sql/migrator.sql")).await?;
    set_password(superuser, MIGRATOR, password).await
}

/// As a superuser, once there are the fixed roles: what the migrator has not to give.
pub(super) async fn grant_reserved_connections(superuser: &mut PgConnection) -> Result<(), sqlx::Error> {
    let grant = include_str!("sql/reserved_connections.sql");
    superuser.execute(grant).await.map(drop)
}

/// As the migrator: all other fixed roles.
pub(super) async fn ensure_fixed(
    migrator: &mut PgConnection,
    service: &SecretString,
) -> Result<(), MigrateError> {
    // First: what has too much power cannot even be altered by the migrator, and that error would say less.
    refuse_power(migrator).await?;
    migrator.execute(include_str!("sql/fixed_roles.sql")).await?;
    set_password(migrator, SERVICE, service).await
}

/// As a superuser, or as the migrator: has the watchdog's function signal backends, where that is to be had.
pub(super) async fn let_watchdog_signal(connection: &mut PgConnection) -> Result<(), MigrateError> {
    connection.execute(include_str!("sql/watchdog_right.sql")).await?;
    Ok(())
}

async fn set_password(
    connection: &mut PgConnection,
    role: &str,
    password: &SecretString,
) -> Result<(), MigrateError> {
    // ALTER ROLE takes no parameters. A verifier is of base64 and punctuation, without a quote.
    let verifier = scram::of_chosen(password).map_err(|cause| MigrateError::Password {
        role: role.to_owned(),
        cause,
    })?;
    connection
        .execute(AssertSqlSafe(format!(
            "ALTER ROLE {role} LOGIN PASSWORD '{verifier}'"
        )))
        .await?;
    Ok(())
}

/// A role of ours may have been there before, with more than we would give it.
async fn refuse_power(connection: &mut PgConnection) -> Result<(), MigrateError> {
    let powers: Vec<Flaw> = sqlx::query_as(POWERFUL_ROLES).fetch_all(connection).await?;
    if powers.is_empty() {
        Ok(())
    } else {
        let powers = powers.into_iter().map(|(_, _, wrong, _)| wrong);
        Err(MigrateError::PowerfulRoles(powers.collect()))
    }
}
