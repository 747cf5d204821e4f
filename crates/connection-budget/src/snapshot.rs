//! Snapshot of the budget.

use std::time::Duration;

use super::connector::PostgresEngine;
use super::engine::Core;
use super::ledger::Ledger;
use super::meters::Meters;

/// Permits, waiters and counters of a budget at one moment.
#[derive(Debug, Clone, Copy)]
pub struct BudgetSnapshot {
    /// Permits by state.
    pub ledger: Ledger,
    /// The cap to reach. The ledger's cap is above it only until enough connections are closed.
    pub target: u32,
    /// Permits withheld from the target after the server refused a login as full (53300), until the cap has grown back.
    pub withheld: u32,
    /// Waiting tenants without a connection, or below their floor.
    pub waiting_tenants: usize,
    /// Waiting requests of all tenants.
    pub waiting: usize,
    /// Tenants whose last login failed.
    pub failing_tenants: usize,
    /// The current limit of concurrent logins.
    pub login_limit: u32,
    /// Moving average of the time of a login.
    pub login_time: Duration,
    /// Successful logins since the start.
    pub logins: u64,
    /// Failed logins since the start.
    pub failed_logins: u64,
    /// Logins that were retried because the server was full (53300).
    pub server_full: u64,
    /// Requests without a connection at their deadline.
    pub timeouts: u64,
}

pub(super) fn of(core: &Core<PostgresEngine>, meters: &Meters) -> BudgetSnapshot {
    BudgetSnapshot {
        ledger: core.ledger,
        target: core.target(),
        withheld: core.withheld(),
        waiting_tenants: core.priority_queues.waiting_tenants(),
        waiting: core.queues.values().map(|queue| queue.waiters.len()).sum(),
        failing_tenants: core.breakers.len(),
        login_limit: core.login_rate.limit(core.ledger.cap),
        login_time: Duration::from_micros(core.login_rate.average_time()),
        logins: meters.logins(),
        failed_logins: meters.failed_logins(),
        server_full: meters.times_full(),
        timeouts: meters.timeouts(),
    }
}
