//! A tenant's pool, and all of them together, as they are shown.

use serde::Serialize;
use tenant_registry::{BudgetSnapshot, PoolSnapshot, RegistryTotals, TenantSnapshot, TenantState};
use uuid::Uuid;

/// A tenant's pool, as it is shown.
#[derive(Serialize)]
pub(super) struct PoolView {
    tenant_id: Uuid,
    state: &'static str,
    version: Option<u64>,
    leases: u64,
    unused_seconds: f64,
    #[serde(flatten)]
    sizes: Sizes,
    trouble: Option<TroubleView>,
}

/// How many connections there are, and who waits for one.
#[derive(Serialize)]
struct Sizes {
    size: u32,
    idle: u32,
    in_use: u32,
    closing: u32,
    max: u32,
    waiting: u32,
}

/// Why logins fail, and when the next one is tried.
#[derive(Serialize)]
struct TroubleView {
    failure: &'static str,
    failures: u32,
    retry_after_seconds: f64,
}

impl From<PoolSnapshot> for Sizes {
    fn from(pool: PoolSnapshot) -> Self {
        Self {
            size: pool.size,
            idle: pool.idle,
            in_use: pool.size.saturating_sub(pool.idle),
            closing: pool.closing,
            max: pool.max,
            waiting: pool.waiting,
        }
    }
}

impl From<TenantSnapshot> for PoolView {
    fn from(tenant: TenantSnapshot) -> Self {
        Self {
            tenant_id: tenant.tenant.as_uuid(),
            state: match tenant.state {
                TenantState::Opening => "opening",
                TenantState::Resident => "resident",
                TenantState::Retired => "retired",
            },
            version: tenant.version,
            leases: tenant.leases,
            unused_seconds: tenant.unused.as_secs_f64(),
            sizes: tenant.pool.into(),
            trouble: tenant.pool.trouble.map(|trouble| TroubleView {
                failure: trouble.failure.name(),
                failures: trouble.failures,
                retry_after_seconds: trouble.retry_after.as_secs_f64(),
            }),
        }
    }
}

/// The sums over all pools of this replica.
#[derive(Serialize)]
pub(super) struct TotalsView {
    opening: usize,
    resident: usize,
    retired: usize,
    leases: u64,
    #[serde(flatten)]
    sizes: Sizes,
    opened: u64,
    failures: u64,
    remembered_failures: usize,
}

impl From<RegistryTotals> for TotalsView {
    fn from(totals: RegistryTotals) -> Self {
        Self {
            opening: totals.opening,
            resident: totals.resident,
            retired: totals.retired,
            leases: totals.leases,
            sizes: totals.pool.into(),
            opened: totals.stats.opened,
            failures: totals.failures,
            remembered_failures: totals.remembered,
        }
    }
}

/// The budget of connections that all pools have together.
#[derive(Serialize)]
pub(super) struct BudgetView {
    cap: u32,
    free: u32,
    opening: u32,
    open: u32,
    closing: u32,
    quarantine: u32,
    withheld: u32,
    waiting: usize,
    starving_tenants: usize,
    failing_tenants: usize,
    logins: u64,
    failed_logins: u64,
    server_full: u64,
    timeouts: u64,
    login_limit: u32,
    login_seconds: f64,
}

impl From<BudgetSnapshot> for BudgetView {
    fn from(budget: BudgetSnapshot) -> Self {
        let ledger = budget.ledger;
        Self {
            cap: ledger.cap,
            free: ledger.free,
            opening: ledger.opening,
            open: ledger.open,
            closing: ledger.closing,
            quarantine: ledger.quarantine,
            withheld: budget.withheld,
            waiting: budget.waiting,
            starving_tenants: budget.starving_tenants,
            failing_tenants: budget.failing_tenants,
            logins: budget.logins,
            failed_logins: budget.failed_logins,
            server_full: budget.server_full,
            timeouts: budget.timeouts,
            login_limit: budget.login_limit,
            login_seconds: budget.login_time.as_secs_f64(),
        }
    }
}
