//! What a budget and its pools are configured with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::Budget;
use crate::panics::caught_call;
use crate::{SessionSettings, TenantId};

/// The budget of one cluster.
#[derive(Debug, Clone)]
pub struct BudgetSettings {
    /// The cluster's name, as metrics bear it (`db.client.connection.pool.name`).
    pub name: String,
    /// The most connections of all tenants together. `None`: what the server allows, less its own reserve and
    /// [`reserve`](Self::reserve). It is never more than that.
    pub max_connections: Option<u32>,
    /// So many of the server's connections are left to others: this budget's sentinel, migrations, operators.
    pub reserve: u32,
    /// Unused for so long, a connection is closed, even if nobody else needs it.
    pub connection_idle_timeout: Duration,
    /// At this age a connection is closed when it comes back.
    pub max_connection_lifetime: Duration,
    /// The budget's own connections, beside the cap.
    pub sentinel: SentinelSettings,
    /// Ends sessions that hold too much of what all share. `None`: nobody does.
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

/// How the budget asks the server which backends there still are.
#[derive(Clone)]
pub struct SentinelSettings {
    /// Any login of the cluster, in any of its databases: it reads `pg_stat_activity`'s process ids and role names,
    /// which everybody may.
    pub connect: PgConnectOptions,
    /// How to end a backend that does not notice that its client has gone. `None`: it is waited for.
    pub end_backend: Option<EndBackend>,
}

/// Gives the statement that ends one backend of a tenant's: `$1` is the tenant's id (`uuid`), `$2` the backend's
/// process id (`int4`). It has to name both, since both are bound. It answers with one `boolean`: false when the tenant
/// has no such session.
pub type EndBackend = Arc<dyn Fn(TenantId) -> String + Send + Sync>;

impl SentinelSettings {
    /// A sentinel that only looks.
    pub fn new(connect: PgConnectOptions) -> Self {
        Self {
            connect,
            end_backend: None,
        }
    }

    /// The statement that ends a backend of this tenant's, if there is one.
    pub(crate) fn statement_to_end(&self, tenant: TenantId) -> Option<String> {
        let end = self.end_backend.as_ref()?;
        caught_call("end_backend", || end(tenant)).ok()
    }
}

/// What tenants' sessions may hold of what the server has once for all of them. It is sampled by the sentinel's login.
#[derive(Clone)]
pub struct WatchdogSettings {
    /// Pause between two samples.
    pub interval: Duration,
    /// The most that one session may hold of the lock table, in percent of `max_locks_per_transaction *
    /// (max_connections + max_prepared_transactions)`.
    pub session_lock_percent: u32,
    /// The most that all sessions of one tenant may hold of it together, in percent.
    pub tenant_lock_percent: u32,
    /// How a tenant's login is told from others: a regular expression of PostgreSQL's whose first group is the tenant's
    /// id in the login's name.
    pub tenant_login: String,
    /// Gives the statement that ends a session of a tenant's which still holds too much: `$1` is the tenant's id
    /// (`uuid`), `$2` the backend's process id (`int4`), `$3` the entries of the lock table beyond which it is ended
    /// (`int4`). It answers with one `boolean`: whether it was ended. It should write nothing and take no lock: there
    /// may be none left. Where it fails, [`end_backend`](SentinelSettings::end_backend) is used.
    pub end_session: EndBackend,
}

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

/// What all budgeted pools of a registry have in common.
#[derive(Debug, Clone)]
pub struct BudgetedSettings {
    /// The budget out of which they take their connections.
    pub budget: Budget,
    /// How long a query waits for a connection.
    pub acquire_timeout: Duration,
    /// How long a login may take.
    pub connect_timeout: Duration,
    /// A connection unused for this long is pinged before it is used, for a round trip: the network between may have
    /// forgotten it. One in steady use is not.
    pub ping_after_idle: Duration,
    /// How long a connection whose user went away in the middle may take to finish what it runs and roll back, before
    /// it is closed and its backend ended.
    pub clean_up: Duration,
    /// What every session starts with.
    pub session: SessionSettings,
}

impl BudgetedSettings {
    /// With this budget, and else with defaults.
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
