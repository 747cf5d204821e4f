//! Migration of a database: fixed roles, hardening, and the history of migrations.

use std::time::Duration;

use secrecy::SecretString;
use sqlx::migrate::{MigrateError as SqlxMigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::time::{Instant, sleep, timeout_at};

use crate::cluster::{Cluster, Login};
use crate::database::Database;
use crate::database_name::DatabaseName;
use crate::fixed_roles;
use crate::harden::{harden_database, harden_shared_databases, hardening_gaps};
use crate::login_error::LoginError;
use crate::migrate_error::{AppliedMigration, MigrateError};
use crate::names::{MIGRATOR, OWNER};

/// The advisory lock in the maintenance database that admits one migrator to a cluster: the bytes of `TENANTRY`.
const CLUSTER_LOCK: i64 = i64::from_be_bytes(*b"TENANTRY");
/// The pause before a migration that did not get its locks is tried again.
const LOCK_RETRY: Duration = Duration::from_millis(500);

/// A database to migrate, and the credentials for it.
#[derive(Debug, Clone)]
pub struct MigrationTarget {
    /// The server.
    pub cluster: Cluster,
    /// The database's name.
    pub name: DatabaseName,
    /// Which migrations it gets.
    pub database: Database,
    /// The password of `tenantry_migrator`.
    pub migrator: SecretString,
    /// The password to set for `tenantry_service`.
    pub service: SecretString,
    /// A superuser, if there is one: creates the migrator and hardens everything. Otherwise the migrator must exist
    /// already, and what it cannot harden is reported.
    pub superuser: Option<Login>,
}

/// Time limits of a migration.
#[derive(Debug, Clone, Copy)]
pub struct MigrateLimits {
    /// For the whole migration, including the wait for another migrator.
    pub deadline: Duration,
    /// For one table lock: while DDL waits behind a tenant's SELECT, all other sessions wait behind the DDL.
    pub lock_timeout: Duration,
}

/// Migrates one database. Idempotent, and safe to run in several processes at the same time.
///
/// Returns the [gaps](crate::hardening_gaps) that hardening left. With a superuser they are an error instead.
///
/// # Errors
/// The first failure. What was done before it stays, and the next run continues from there.
pub async fn migrate(target: &MigrationTarget, limits: MigrateLimits) -> Result<Vec<String>, MigrateError> {
    let until = Instant::now() + limits.deadline;
    timeout_at(until, run(target, limits, until))
        .await
        .map_err(|_| MigrateError::Deadline)?
}

async fn run(
    target: &MigrationTarget,
    limits: MigrateLimits,
    until: Instant,
) -> Result<Vec<String>, MigrateError> {
    let cluster = &target.cluster;
    let maintenance = cluster.maintenance_database.as_str();
    let migrator_login = Login::new(MIGRATOR, target.migrator.clone());

    // The lock belongs to this connection and is held until it closes.
    let first = target.superuser.as_ref().unwrap_or(&migrator_login);
    let lock = cluster.connect(&cluster.options(first, maintenance)).await;
    let mut lock = lock.map_err(|error| LoginError::new(cluster, first, maintenance, error))?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(CLUSTER_LOCK)
        .execute(&mut lock)
        .await?;

    if target.superuser.is_some() {
        fixed_roles::ensure_migrator(&mut lock, &target.migrator).await?;
        fixed_roles::adopt(&mut lock).await?;
        harden_shared_databases(&mut lock).await?;
    }
    let migrator = cluster
        .connect(&cluster.options(&migrator_login, maintenance))
        .await;
    let mut migrator =
        migrator.map_err(|error| LoginError::new(cluster, &migrator_login, maintenance, error))?;
    fixed_roles::ensure_others(&mut migrator, &target.service).await?;
    if target.superuser.is_some() {
        fixed_roles::grant_reserved_connections(&mut lock).await?;
    }
    fixed_roles::grant_signal_to_watchdog(&mut lock).await?;
    ensure_database(&mut migrator, &target.name).await?;
    migrator.close().await?;

    let harden_as = cluster.options(first, target.name.as_str());
    let mut hardener = cluster.connect(&harden_as).await?;
    harden_database(&mut hardener, target.database).await?;

    let owner = cluster.options(&migrator_login, target.name.as_str()).options([
        ("role", OWNER.to_owned()),
        ("lock_timeout", limits.lock_timeout.as_millis().to_string()),
        ("statement_timeout", "0".to_owned()),
    ]);
    apply(cluster, &owner, target.database.migrations(), until).await?;

    let mut gaps = hardening_gaps(&mut hardener, maintenance).await?;
    if !gaps.is_empty() {
        // A migration may have installed an extension, whose functions PUBLIC may execute.
        harden_database(&mut hardener, target.database).await?;
        gaps = hardening_gaps(&mut hardener, maintenance).await?;
    }
    hardener.close().await?;
    lock.close().await?;
    if target.superuser.is_some() && !gaps.is_empty() {
        return Err(MigrateError::NotHardened(gaps));
    }
    Ok(gaps)
}

async fn ensure_database(migrator: &mut PgConnection, name: &DatabaseName) -> Result<(), MigrateError> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)")
            .bind(name.as_str())
            .fetch_one(&mut *migrator)
            .await?;
    if !exists {
        tracing::info!(database = %name, "creating database");
        // CREATE DATABASE takes no parameters; a `DatabaseName` needs no quoting.
        let create = format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'");
        migrator.execute(AssertSqlSafe(create)).await?;
    }
    Ok(())
}

/// Applies the missing migrations, each in a transaction of its own. Retries until the deadline while a lock is not
/// available.
async fn apply(
    cluster: &Cluster,
    owner: &PgConnectOptions,
    migrations: Migrator,
    until: Instant,
) -> Result<(), MigrateError> {
    loop {
        let mut connection = cluster.connect(owner).await?;
        match migrations.run_direct(None, &mut connection, false).await {
            Ok(()) => return Ok(connection.close().await?),
            Err(error) if lock_not_available(&error) && Instant::now() + LOCK_RETRY < until => {
                tracing::warn!("a migration did not get its locks; retrying");
                connection.close().await?;
                sleep(LOCK_RETRY).await;
            }
            Err(SqlxMigrateError::VersionMismatch(version)) => {
                return Err(MigrateError::Edited(applied(&mut connection, version).await));
            }
            Err(SqlxMigrateError::VersionMissing(version)) => {
                return Err(MigrateError::Newer(applied(&mut connection, version).await));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// What the database tells of a migration that it has.
async fn applied(connection: &mut PgConnection, version: i64) -> AppliedMigration {
    let told = sqlx::query_as(
        "SELECT description, to_char(installed_on AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')
         FROM tenantry.migrations WHERE version = $1",
    )
    .bind(version)
    .fetch_optional(connection)
    .await;
    AppliedMigration {
        version,
        applied: told.ok().flatten(),
    }
}

fn lock_not_available(error: &SqlxMigrateError) -> bool {
    let (SqlxMigrateError::Execute(cause) | SqlxMigrateError::ExecuteMigration(cause, _)) = error else {
        return false;
    };
    cause
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .is_some_and(|code| code == "55P03")
}
