//! `GET /admin/v1/pools/{id}`

use axum::Json;
use axum::extract::State;
use tenant_registry::{BudgetedPool, Registry, TenantId};
use web::{Code, NoQuery, PathId, Problem};

use super::view::PoolView;

/// Shows a tenant's pool; that it is looked at does not count as its use.
pub(super) async fn show(
    State(registry): State<Registry<BudgetedPool>>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<PoolView>, Problem> {
    let tenant = TenantId::new(id);
    let pools = registry.snapshot().tenants.into_iter();
    // Of several the one that gives leases, or will.
    pools
        .filter(|pool| pool.tenant == tenant)
        .min_by_key(|pool| pool.state as u8)
        .map(|pool| Json(pool.into()))
        .ok_or_else(|| Problem::new(Code::NotFound).detail("no pool of this tenant is open here"))
}
