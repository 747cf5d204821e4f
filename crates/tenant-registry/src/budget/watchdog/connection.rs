//! The watchdog's connection, within a transaction that holds what a sample and the end of a session need.
//!
//! Locks on the shared catalogs of roles have no fast path: each takes an entry of the lock table, and once that is full
//! a look at a role fails (53200) like everything else. A transaction that has them already takes none, so one is kept
//! open, and renewed while there is room. Between its statements it holds no snapshot, and so does not hold up VACUUM.

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, Row as _, raw_sql};

use super::bounds::{Holding, Offence};
use crate::TenantId;

/// Planning reads the indexes too, and all of it is locked until the transaction ends.
const TAKE_LOCKS: &str =
    "BEGIN; SELECT FROM pg_catalog.pg_roles LIMIT 0; SELECT FROM pg_catalog.pg_auth_members LIMIT 0";

/// No server's or role's timeout ends the transaction that is kept open.
const NO_TIMEOUTS: &str = "SELECT set_config(name, '0', false) FROM pg_catalog.pg_settings
    WHERE name IN ('idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout')";

/// Nothing here waits for what a tenant can hold: while this connection waits, nobody watches.
const LOCK_TABLE: &str = "SELECT current_setting('max_locks_per_transaction')::int8
    * (current_setting('max_connections')::int8 + current_setting('max_prepared_transactions')::int8)";

/// All that the lock table holds, and the sessions that hold more than `$2` entries of it or a lock on a shared object. A
/// session's start locks its database, and a NOTIFY takes turns by a lock on database 0: these two are let be. Locks by
/// the fast path are in no table that is shared. `$1` finds the tenant's id in the login's name.
///
/// By the functions and not by `pg_locks` and `pg_stat_activity`, which read all databases and roles. A transaction sees
/// the sessions as they were when it first looked, unless that is cleared before.
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

/// A session with fewer entries is not looked at: that is what any transaction has.
pub(super) const FEW: i64 = 8;

/// What is held at a moment.
pub(super) struct Sample {
    /// By everybody.
    pub(super) entries: u64,
    /// By each of the tenants' sessions that holds more than a few.
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

    /// After an error, which no further statement of the transaction would survive.
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
        // Whatever comes of it: from BEGIN on a transaction is open.
        self.open = true;
        self.connection.execute(raw_sql(TAKE_LOCKS)).await?;
        Ok(())
    }

    pub(super) async fn sample(&mut self, tenant_login: &str) -> Result<Sample, sqlx::Error> {
        let rows = sqlx::query(SAMPLE)
            .bind(tenant_login)
            .bind(FEW)
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

    /// False when the session has given back what it held, or is gone.
    pub(super) async fn end(&mut self, sql: String, offence: &Offence) -> Result<bool, sqlx::Error> {
        // The text is the operator's own.
        sqlx::query_scalar(AssertSqlSafe(sql))
            .bind(offence.tenant.as_uuid())
            .bind(offence.pid)
            .bind(offence.beyond)
            .fetch_one(&mut self.connection)
            .await
    }
}

/// `None` for a session that is no tenant's.
fn holding(row: &PgRow, pid: i32) -> Result<Option<Holding>, sqlx::Error> {
    let tenant: Option<String> = row.try_get("tenant")?;
    let Some(tenant) = tenant.and_then(|tenant| tenant.parse::<TenantId>().ok()) else {
        return Ok(None);
    };
    Ok(Some(Holding {
        tenant,
        pid,
        entries: entries(row)?,
        shared_object: row.try_get("shared_object")?,
    }))
}

fn entries(row: &PgRow) -> Result<u64, sqlx::Error> {
    let entries: i64 = row.try_get("entries")?;
    Ok(entries.unsigned_abs())
}
