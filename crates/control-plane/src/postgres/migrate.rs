//! Brings a cluster to this version: fixed roles, databases, hardening, and the two histories of migrations.

use std::time::Duration;

use secrecy::SecretString;
use sqlx::migrate::{MigrateError as SqlxMigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _};
use tokio::time::{Instant, sleep, timeout_at};

use super::names::{MIGRATOR, OWNER};
use super::{Cluster, Database, DatabaseName, Login, MigrateError, harden, roles};

/// Taken in the maintenance database: one migrator at a time in a cluster. The bytes of `TENANTRY`.
const CLUSTER_LOCK: i64 = i64::from_be_bytes(*b"TENANTRY");
/// How long a migration that could not get its locks waits before it tries again.
const RETRY: Duration = Duration::from_millis(500);

/// One of the two databases, and who may change it.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where it is.
    pub cluster: Cluster,
    /// What it is called.
    pub name: DatabaseName,
    /// Which history it has.
    pub database: Database,
    /// The password of `tenantry_migrator`.
    pub migrator: SecretString,
    /// The password that `tenantry_service` gets.
    pub service: SecretString,
    /// A superuser, where there is one: makes the migrator and hardens all. Without it the migrator exists
    /// already, and what it cannot harden is reported.
    pub superuser: Option<Login>,
}

/// The limits of a migration.
#[derive(Debug, Clone, Copy)]
pub struct MigrateLimits {
    /// For the whole, waiting for another migrator included.
    pub deadline: Duration,
    /// For one lock on a table: a tenant that holds a SELECT must not make all others queue behind the DDL.
    pub lock_timeout: Duration,
}

/// Migrates one database. Idempotent; safe to run from several processes at once.
///
/// Returns what PUBLIC may still do and should not: always empty with a superuser, since then it is an error.
///
/// # Errors
/// The first thing that failed; whatever was done before it stays, and a further run goes on from there.
pub async fn migrate(target: &Target, limits: MigrateLimits) -> Result<Vec<String>, MigrateError> {
    let until = Instant::now() + limits.deadline;
    timeout_at(until, run(target, limits, until))
        .await
        .map_err(|_| MigrateError::Deadline)?
}

async fn run(target: &Target, limits: MigrateLimits, until: Instant) -> Result<Vec<String>, MigrateError> {
    let cluster = &target.cluster;
    let maintenance = cluster.maintenance_database.as_str();
    let migrator_login = Login::new(MIGRATOR, target.migrator.clone());

    // Whoever has the lock holds it on this connection to the end.
    let first = target.superuser.as_ref().unwrap_or(&migrator_login);
    let mut lock = cluster.connect(&cluster.options(first, maintenance)).await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(CLUSTER_LOCK)
        .execute(&mut lock)
        .await?;

    if target.superuser.is_some() {
        roles::ensure_migrator(&mut lock, &target.migrator).await?;
        harden::harden_shared(&mut lock).await?;
    }
    let mut migrator = cluster
        .connect(&cluster.options(&migrator_login, maintenance))
        .await?;
    roles::ensure_fixed(&mut migrator, &target.service).await?;
    if target.superuser.is_some() {
        roles::grant_reserved_connections(&mut lock).await?;
    }
    roles::let_watchdog_signal(&mut lock).await?;
    ensure_database(&mut migrator, &target.name).await?;
    migrator.close().await?;

    let harden_as = cluster.options(first, target.name.as_str());
    let mut hardener = cluster.connect(&harden_as).await?;
    harden::harden_database(&mut hardener, target.database).await?;

    let owner = cluster.options(&migrator_login, target.name.as_str()).options([
        ("role", OWNER.to_owned()),
        ("lock_timeout", limits.lock_timeout.as_millis().to_string()),
        ("statement_timeout", "0".to_owned()),
    ]);
    apply(cluster, &owner, target.database.history(), until).await?;

    let mut open = harden::open_doors(&mut hardener, maintenance).await?;
    if !open.is_empty() {
        // A migration may have brought an extension, whose functions are PUBLIC's.
        harden::harden_database(&mut hardener, target.database).await?;
        open = harden::open_doors(&mut hardener, maintenance).await?;
    }
    hardener.close().await?;
    lock.close().await?;
    if target.superuser.is_some() && !open.is_empty() {
        return Err(MigrateError::NotHardened(open));
    }
    Ok(open)
}

async fn ensure_database(migrator: &mut PgConnection, name: &DatabaseName) -> Result<(), MigrateError> {
    let exists: bool =
        sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)")
            .bind(name.as_str())
            .fetch_one(&mut *migrator)
            .await?;
    if !exists {
        tracing::info!(database = %name, "creating the database");
        // CREATE DATABASE takes no parameters; a `DatabaseName` needs no quoting.
        let create = format!("CREATE DATABASE {name} OWNER {OWNER} TEMPLATE template0 ENCODING 'UTF8'");
        migrator.execute(AssertSqlSafe(create)).await?;
    }
    Ok(())
}

/// Applies what is missing, each migration in a transaction of its own, and tries again while locks are not to
/// be had and there is time.
async fn apply(
    cluster: &Cluster,
    owner: &PgConnectOptions,
    history: Migrator,
    until: Instant,
) -> Result<(), MigrateError> {
    loop {
        let mut connection = cluster.connect(owner).await?;
        match history.run_direct(None, &mut connection, false).await {
            Ok(()) => return Ok(connection.close().await?),
            Err(error) if lock_not_available(&error) && Instant::now() + RETRY < until => {
                tracing::warn!("a migration could not lock what it changes; trying again");
                connection.close().await?;
                sleep(RETRY).await;
            }
            Err(error) => return Err(error.into()),
        }
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
