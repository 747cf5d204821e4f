//! The budget, seen from outside.

use std::time::Duration;

use super::core::Core;
use super::door::Real;
use super::ledger::Ledger;
use super::meters::Meters;

/// Where the permits are, who waits, and what was done so far.
#[derive(Debug, Clone, Copy)]
pub struct BudgetSnapshot {
    /// Where the permits are.
    pub ledger: Ledger,
    /// What the cap shall be; above it the ledger's is only until enough connections have come back.
    pub target: u32,
    /// What the server does not have of it for now: a login was refused for want of a place (53300), and the cap is
    /// lower by so many, until it has grown back.
    pub withheld: u32,
    /// Tenants that wait for a connection and have none, or less than their floor.
    pub starving_tenants: usize,
    /// Requests that wait for a connection, of all tenants.
    pub waiting: usize,
    /// Tenants whose last login failed.
    pub failing_tenants: usize,
    /// How many logins may run at once now.
    pub login_limit: u32,
    /// A login's time, a moving average.
    pub login_time: Duration,
    /// Logins done since the start.
    pub logins: u64,
    /// Logins that failed since the start.
    pub failed_logins: u64,
    /// Logins that were tried a second time because the server had no place (53300).
    pub server_full: u64,
    /// Requests that waited until their deadline in vain.
    pub timeouts: u64,
}

pub(super) fn of(core: &Core<Real>, meters: &Meters) -> BudgetSnapshot {
    BudgetSnapshot {
        ledger: core.ledger,
        target: core.target(),
        withheld: core.withheld(),
        starving_tenants: core.rings.starving(),
        waiting: core.seats.values().map(|seat| seat.waiters.len()).sum(),
        failing_tenants: core.breakers.len(),
        login_limit: core.rate.limit(core.ledger.cap),
        login_time: Duration::from_micros(core.rate.time()),
        logins: meters.logins(),
        failed_logins: meters.failed_logins(),
        server_full: meters.times_full(),
        timeouts: meters.timeouts(),
    }
}
