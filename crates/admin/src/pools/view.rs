//! Response views of a tenant's pool, the totals and the budget.

use admin_types::{Budget, Pool, PoolTotals, PoolTrouble};
use tenant_registry::{BudgetSnapshot, PoolSnapshot, RegistryTotals, TenantSnapshot, TenantState};

fn in_use(pool: &PoolSnapshot) -> u32 {
    pool.size.saturating_sub(pool.idle)
}

/// Shows a tenant's pool.
pub(super) fn pool(tenant: TenantSnapshot) -> Pool {
    let pool = tenant.pool;
    Pool {
        tenant_id: tenant.tenant.as_uuid(),
        state: match tenant.state {
            TenantState::Opening => "opening",
            TenantState::Resident => "resident",
            TenantState::Retired => "retired",
        }
        .into(),
        version: tenant.version,
        leases: tenant.leases,
        unused_seconds: tenant.unused.as_secs_f64(),
        size: pool.size,
        idle: pool.idle,
        in_use: in_use(&pool),
        closing: pool.closing,
        max: pool.max,
        waiting: pool.waiting,
        trouble: pool.trouble.map(|trouble| PoolTrouble {
            failure: trouble.failure.name().into(),
            failures: trouble.failures,
            retry_after_seconds: trouble.retry_after.as_secs_f64(),
        }),
    }
}

/// Shows the totals of all pools of this replica.
pub(super) fn totals(totals: &RegistryTotals) -> PoolTotals {
    let pool = &totals.pool;
    PoolTotals {
        opening: totals.opening as u64,
        resident: totals.resident as u64,
        retired: totals.retired as u64,
        leases: totals.leases,
        size: pool.size,
        idle: pool.idle,
        in_use: in_use(pool),
        closing: pool.closing,
        max: pool.max,
        waiting: pool.waiting,
        opened: totals.stats.opened,
        failures: totals.failures,
        remembered_failures: totals.remembered as u64,
    }
}

/// Shows the connection budget that all pools share.
pub(super) fn budget(budget: &BudgetSnapshot) -> Budget {
    let ledger = &budget.ledger;
    Budget {
        cap: ledger.cap,
        free: ledger.free,
        opening: ledger.opening,
        open: ledger.open,
        closing: ledger.closing,
        quarantine: ledger.quarantine,
        withheld: budget.withheld,
        waiting: budget.waiting as u64,
        starving_tenants: budget.waiting_tenants as u64,
        failing_tenants: budget.failing_tenants as u64,
        logins: budget.logins,
        failed_logins: budget.failed_logins,
        server_full: budget.server_full,
        timeouts: budget.timeouts,
        login_limit: budget.login_limit,
        login_seconds: budget.login_time.as_secs_f64(),
    }
}
