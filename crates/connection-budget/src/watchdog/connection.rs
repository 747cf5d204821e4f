//! The watchdog's connection, in a transaction that already holds the locks that its statements need.
//!
//! Locks on the shared catalogs of roles have no fast path: each takes an entry of the lock table, and when it is full
//! even a lookup of a role fails (53200). A transaction that holds these locks needs no further entries, so one is kept
//! open, and renewed while there is room. Between statements it holds no snapshot, so it does not delay VACUUM.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _, raw_sql};
use uuid::Uuid;

use super::super::backend_terminator::TenantBackend;
use super::bounds::{Holding, Violation};
use crate::PoolKey;

/// Planning locks the indexes as well. All locks last until the transaction ends.
const TAKE_LOCKS: &str =
    "BEGIN; SELECT FROM pg_catalog.pg_roles LIMIT 0; SELECT FROM pg_catalog.pg_auth_members LIMIT 0";

/// Disables timeouts of the server or role that would end an idle session or an open transaction.
pub(super) const NO_TIMEOUTS: &str = "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')";

/// Takes no lock that a tenant can hold: while this connection waits, nothing is sampled.
const LOCK_TABLE: &str = "SELECT current_setting('max_locks_per_transaction')::int8
    * (current_setting('max_connections')::int8 + current_setting('max_prepared_transactions')::int8)";

/// The used entries of the lock table, and the sessions that hold more than `$2` of them or a lock on a shared object.
/// Excludes the lock of a session's start on its database, NOTIFY's lock on database 0, and fast-path locks, which are
/// not in the shared table. `$1` extracts the tenant's id from the login's name.
///
/// Uses the functions because the views `pg_locks` and `pg_stat_activity` read all databases and roles. Clears the
/// statistics snapshot first: a transaction otherwise keeps seeing the sessions of its first query.
const SAMPLE: &str = "WITH cleared AS MATERIALIZED (SELECT pg_stat_clear_snapshot()),
    held AS MATERIALIZED (
        SELECT pid, count(*) FILTER (WHERE NOT fastpath) AS entries,
            min(format('%s on %s%s', mode, classid::regclass, CASE WHEN NOT granted THEN ', awaited' END)) FILTER (
                WHERE locktype = 'object' AND database = 0 AND objid <> 0
                    AND NOT (classid = 'pg_database'::regclass AND mode = 'RowExclusiveLock')
            ) AS shared_object
        FROM cleared, pg_lock_status()
        GROUP BY pid
    )
    SELECT NULL::int4 AS pid, NULL::text AS tenant, coalesce(sum(entries), 0)::int8 AS entries, NULL::text AS shared_object
    FROM held
    UNION ALL
    SELECT held.pid, substring(pg_get_userbyid(session.usesysid)::text FROM $1), entries, shared_object
    FROM held, LATERAL pg_stat_get_activity(held.pid) AS session
    WHERE held.pid IS NOT NULL AND (entries > $2 OR shared_object IS NOT NULL)";

/// Sessions with at most this many entries are ignored: any transaction holds some.
pub(super) const IGNORED_ENTRIES: i64 = 8;

/// All sessions of tenants, as of the last sample.
const SESSIONS: &str =
    "SELECT session.pid, substring(pg_get_userbyid(session.usesysid)::text FROM $1) AS tenant
    FROM pg_stat_get_activity(NULL) AS session WHERE session.usesysid IS NOT NULL";

/// A sample of the lock table.
pub(super) struct Sample {
    /// Entries held by all sessions of the server.
    pub(super) entries: u64,
    /// The tenants' sessions that hold more than [`IGNORED_ENTRIES`] entries.
    pub(super) holdings: Vec<Holding>,
}

/// A connection, and whether a transaction is open on it.
pub(super) struct WatchdogConnection {
    connection: PgConnection,
    open: bool,
}

impl WatchdogConnection {
    pub(super) async fn connect(connect: &PgConnectOptions) -> Result<Self, sqlx::Error> {
        let connect = connect.clone().application_name("tenantry watchdog");
        let mut connection = connect.connect().await?;
        connection.execute(NO_TIMEOUTS).await?;
        Ok(Self {
            connection,
            open: false,
        })
    }

    /// Ends the transaction and begins the next. Returns the size of the lock table.
    pub(super) async fn renew(&mut self) -> Result<u64, sqlx::Error> {
        self.end_transaction("COMMIT").await?;
        self.take_locks().await?;
        let entries: i64 = sqlx::query_scalar(LOCK_TABLE)
            .fetch_one(&mut self.connection)
            .await?;
        Ok(entries.unsigned_abs())
    }

    /// Starts a new transaction after an error aborted the current one.
    pub(super) async fn recover(&mut self) -> Result<(), sqlx::Error> {
        self.end_transaction("ROLLBACK").await?;
        self.take_locks().await
    }

    async fn end_transaction(&mut self, end: &'static str) -> Result<(), sqlx::Error> {
        if self.open {
            self.connection.execute(raw_sql(end)).await?;
            self.open = false;
        }
        Ok(())
    }

    async fn take_locks(&mut self) -> Result<(), sqlx::Error> {
        // Set before: the BEGIN may succeed even if a later statement fails.
        self.open = true;
        self.connection.execute(raw_sql(TAKE_LOCKS)).await?;
        Ok(())
    }

    pub(super) async fn sample(&mut self, tenant_login: &str) -> Result<Sample, sqlx::Error> {
        let rows = sqlx::query(SAMPLE)
            .bind(tenant_login)
            .bind(IGNORED_ENTRIES)
            .fetch_all(&mut self.connection)
            .await?;
        let mut sample = Sample {
            entries: 0,
            holdings: Vec::new(),
        };
        for row in rows {
            match row.try_get("pid")? {
                None => sample.entries = entries(&row)?,
                Some(pid) => sample.holdings.extend(holding(&row, pid)?),
            }
        }
        Ok(sample)
    }

    /// All tenants' sessions, whatever they hold.
    pub(super) async fn sessions(&mut self, tenant_login: &str) -> Result<Vec<TenantBackend>, sqlx::Error> {
        let rows = sqlx::query(SESSIONS)
            .bind(tenant_login)
            .fetch_all(&mut self.connection)
            .await?;
        let mut sessions = Vec::new();
        for row in rows {
            if let Some(tenant) = tenant(&row)? {
                sessions.push((tenant, row.try_get("pid")?));
            }
        }
        Ok(sessions)
    }

    /// Ends the sessions. Returns whether each was ended: not if it is gone, or is within its bound again.
    pub(super) async fn end(
        &mut self,
        sql: &str,
        violations: &[Violation],
    ) -> Result<Vec<bool>, sqlx::Error> {
        let tenants: Vec<Uuid> = violations
            .iter()
            .map(|violation| violation.tenant.as_uuid())
            .collect();
        let pids: Vec<i32> = violations.iter().map(|violation| violation.pid).collect();
        let beyond: Vec<Option<i32>> = violations.iter().map(|violation| violation.beyond).collect();
        // The statement is the operator's.
        sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
            .bind(tenants)
            .bind(pids)
            .bind(beyond)
            .fetch_one(&mut self.connection)
            .await
    }
}

/// `None` for a session of another login.
fn holding(row: &PgRow, pid: i32) -> Result<Option<Holding>, sqlx::Error> {
    let Some(tenant) = tenant(row)? else {
        return Ok(None);
    };
    Ok(Some(Holding {
        tenant,
        pid,
        entries: entries(row)?,
        shared_object: row.try_get("shared_object")?,
        stuck: false,
    }))
}

fn tenant(row: &PgRow) -> Result<Option<PoolKey>, sqlx::Error> {
    let tenant: Option<String> = row.try_get("tenant")?;
    let id = tenant.and_then(|tenant| tenant.parse::<Uuid>().ok());
    Ok(id.map(PoolKey::from))
}

fn entries(row: &PgRow) -> Result<u64, sqlx::Error> {
    let entries: i64 = row.try_get("entries")?;
    Ok(entries.unsigned_abs())
}
