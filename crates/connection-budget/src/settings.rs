//! Settings of a budget and its pools.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pg_session::SessionSettings;
use pg_session::panics::caught_call;
use sqlx::postgres::PgConnectOptions;

use super::budget::Budget;
use crate::PoolKey;

/// Settings of the budget of one cluster.
#[derive(Debug, Clone)]
pub struct BudgetSettings {
    /// The name in metrics (`db.client.connection.pool.name`).
    pub name: String,
    /// The cap of connections of all tenants together. `None`: what the server allows, less its own reserve and
    /// [`reserve`](Self::reserve), which also bounds a configured cap.
    pub max_connections: Option<u32>,
    /// Connections of the server left to other clients: this budget's sentinel, migrations, operators.
    pub reserve: u32,
    /// A connection idle for this long is closed, even if no other tenant needs it.
    pub connection_idle_timeout: Duration,
    /// A connection this old is closed when it is given back.
    pub max_connection_lifetime: Duration,
    /// The budget's own connections, beside the cap.
    pub sentinel: SentinelSettings,
    /// The watchdog that ends sessions which hold too much of a shared resource. `None` for no watchdog.
    pub watchdog: Option<WatchdogSettings>,
}

impl BudgetSettings {
    /// As many connections as the server allows, less ten.
    pub fn new(sentinel: SentinelSettings) -> Self {
        Self {
            name: "default".to_owned(),
            max_connections: None,
            reserve: 10,
            connection_idle_timeout: Duration::from_mins(1),
            max_connection_lifetime: Duration::from_mins(30),
            sentinel,
            watchdog: None,
        }
    }
}

/// Settings of the budget's own connections.
#[derive(Clone)]
pub struct SentinelSettings {
    /// Any login of the cluster, in any of its databases: it reads process ids and role names of `pg_stat_activity`,
    /// which needs no privilege.
    pub connect: PgConnectOptions,
    /// Ends a backend that does not notice that its client is gone. `None`: the budget waits for it.
    pub end_backend: Option<EndBackend>,
}

/// Returns the statement that ends a backend of a tenant: `$1` is the tenant's id (`uuid`), `$2` the backend's process
/// id (`int4`). The statement must use both parameters, and return one `boolean`: false if the tenant has no such
/// session.
pub type EndBackend = Arc<dyn Fn(PoolKey) -> String + Send + Sync>;

impl SentinelSettings {
    /// A sentinel that ends no backends.
    pub fn new(connect: PgConnectOptions) -> Self {
        Self {
            connect,
            end_backend: None,
        }
    }

    /// The statement that ends a backend of this tenant, if configured.
    pub(crate) fn statement_to_end(&self, tenant: PoolKey) -> Option<String> {
        let end = self.end_backend.as_ref()?;
        caught_call("end_backend", || end(tenant)).ok()
    }
}

/// Bounds of what tenants' sessions may hold of the server's shared resources. Sampled with the sentinel's login.
#[derive(Clone)]
pub struct WatchdogSettings {
    /// Pause between two samples.
    pub interval: Duration,
    /// The maximum of the lock table that one session may hold, in percent of `max_locks_per_transaction *
    /// (max_connections + max_prepared_transactions)`.
    pub session_lock_percent: u32,
    /// The maximum of it that all sessions of one tenant may hold together, in percent.
    pub tenant_lock_percent: u32,
    /// Matches tenants' logins: a regular expression of PostgreSQL's whose first group is the tenant's id in the
    /// login's name.
    pub tenant_login: String,
    /// The statement that ends sessions which still hold too much: `$1` are the tenants' ids (`uuid[]`), `$2` the
    /// backends' process ids (`int4[]`), `$3` the entries of the lock table above which each is ended (`int4[]`; NULL:
    /// always). It returns one `boolean[]`: which sessions were ended. It must write nothing and take no lock, since
    /// the lock table may be full. If it fails, [`end_backend`](SentinelSettings::end_backend) is used.
    pub end_sessions: String,
    /// How to limit the sessions of a tenant. A tenant whose sessions were ended, cannot be interrupted and hold more
    /// than [`tenant_lock_percent`](Self::tenant_lock_percent) is limited to one, so that it gets no new ones. The
    /// watchdog does not restore the limit: compare the limits every minute or so, and set those that differ. `None`: no
    /// tenant is limited.
    pub limit_connections: Option<LimitConnections>,
}

/// Gives the statement that sets how many sessions a tenant may have at once: `$1` is the tenant's id (`uuid`), `$2` the
/// number (`int4`). It has to name both, and should write nothing where the number is the same already.
pub type LimitConnections = Arc<dyn Fn(PoolKey) -> String + Send + Sync>;

impl fmt::Debug for WatchdogSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WatchdogSettings")
            .field("interval", &self.interval)
            .field("session_lock_percent", &self.session_lock_percent)
            .field("tenant_lock_percent", &self.tenant_lock_percent)
            .field("tenant_login", &self.tenant_login)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for SentinelSettings {
    /// Without `connect`: sqlx prints the password there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentinelSettings")
            .field("login", &self.connect.get_username())
            .field("end_backend", &self.end_backend.is_some())
            .finish_non_exhaustive()
    }
}

/// Settings shared by the pools of a budget.
#[derive(Debug, Clone)]
pub struct BudgetedSettings {
    /// The budget from which the pools take their connections.
    pub budget: Budget,
    /// Timeout of waiting for a connection.
    pub acquire_timeout: Duration,
    /// Timeout of a login.
    pub connect_timeout: Duration,
    /// A connection idle for this long is pinged before use, which costs a round trip: it may be half-open.
    pub ping_after_idle: Duration,
    /// Time limit for a connection whose request was dropped to finish its statement and roll back. After it the
    /// connection is closed and its backend ended.
    pub clean_up: Duration,
    /// Start-up options and checks of every session.
    pub session: SessionSettings,
}

impl BudgetedSettings {
    /// This budget, and defaults for the rest.
    pub fn new(budget: Budget) -> Self {
        Self {
            budget,
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            ping_after_idle: Duration::from_secs(1),
            clean_up: Duration::from_millis(500),
            session: SessionSettings::default(),
        }
    }
}
