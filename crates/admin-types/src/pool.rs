//! Pools of the instance that answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::Name;

/// A tenant's pool.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "tenant_id": "019b2c1d-0b52-7a0e-8f3b-6f5c1f6f2a10",
    "state": "resident",
    "version": 3,
    "leases": 1,
    "unused_seconds": 0.4,
    "size": 2,
    "idle": 1,
    "in_use": 1,
    "closing": 0,
    "max": 10,
    "waiting": 0,
    "trouble": null,
}))]
pub struct Pool {
    /// Its tenant.
    pub tenant_id: Uuid,
    /// `opening`, `resident` or `retired`.
    #[schema(value_type = String)]
    pub state: Name,
    /// The version of the tenant that it was opened with.
    #[schema(required)]
    pub version: Option<u64>,
    /// Requests that hold it.
    pub leases: u64,
    /// Time since its last use.
    pub unused_seconds: f64,
    /// Its connections.
    pub size: u32,
    /// Idle connections.
    pub idle: u32,
    /// Connections in use.
    pub in_use: u32,
    /// Connections that are being closed.
    pub closing: u32,
    /// The most connections that it may have.
    pub max: u32,
    /// Requests that wait for a connection.
    pub waiting: u32,
    /// Why logins fail.
    #[schema(required)]
    pub trouble: Option<PoolTrouble>,
}

/// Why a pool's logins fail.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PoolTrouble {
    /// The kind of failure.
    #[schema(value_type = String)]
    pub failure: Name,
    /// How often in a row.
    pub failures: u32,
    /// Time until the next attempt.
    pub retry_after_seconds: f64,
}

/// A page of pools, with their sums and the budget that they share.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Pools<T = Pool> {
    /// The budget of connections.
    pub budget: Budget,
    /// The sums over all pools.
    pub totals: PoolTotals,
    /// The pools of this page.
    pub items: Vec<T>,
    /// The cursor of the next page; `null` on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
}

/// The sums over all pools of an instance.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PoolTotals {
    /// Pools that are being opened.
    pub opening: u64,
    /// Pools that give leases.
    pub resident: u64,
    /// Pools that are closed after their last lease.
    pub retired: u64,
    /// Requests that hold a pool.
    pub leases: u64,
    /// Connections.
    pub size: u32,
    /// Idle connections.
    pub idle: u32,
    /// Connections in use.
    pub in_use: u32,
    /// Connections that are being closed.
    pub closing: u32,
    /// The most connections that all pools may have.
    pub max: u32,
    /// Requests that wait for a connection.
    pub waiting: u32,
    /// Pools opened since the start.
    pub opened: u64,
    /// Failed lookups and openings since the start.
    pub failures: u64,
    /// Tenants in the negative cache.
    pub remembered_failures: u64,
}

/// The budget of connections that all pools of an instance share.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Budget {
    /// The most connections.
    pub cap: u32,
    /// Permits that are free.
    pub free: u32,
    /// Logins under way.
    pub opening: u32,
    /// Open connections.
    pub open: u32,
    /// Connections that are being closed.
    pub closing: u32,
    /// Permits of backends that have not ended yet.
    pub quarantine: u32,
    /// Permits withheld since the server is full.
    pub withheld: u32,
    /// Requests that wait for a connection.
    pub waiting: u64,
    /// Tenants with such requests.
    pub starving_tenants: u64,
    /// Tenants whose logins fail.
    pub failing_tenants: u64,
    /// Logins since the start.
    pub logins: u64,
    /// Failed ones.
    pub failed_logins: u64,
    /// How often the server was full.
    pub server_full: u64,
    /// Requests that waited in vain.
    pub timeouts: u64,
    /// The most logins at once.
    pub login_limit: u32,
    /// The time that a login takes.
    pub login_seconds: f64,
}
