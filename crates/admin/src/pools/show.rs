//! `GET /admin/v1/pools/{id}`

use axum::extract::State;
use tenant_registry::{BudgetedPool, Registry, TenantId};
use web::{Code, Json, NoQuery, PathId, Problem};

use super::view;

/// Show the pool of a tenant
///
/// Does not count as use of it.
#[utoipa::path(
    get,
    path = "/admin/v1/pools/{id}",
    operation_id = "showPool",
    responses((status = 200, body = admin_types::Pool))
)]
pub(super) async fn show(
    State(registry): State<Registry<BudgetedPool>>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<admin_types::Pool>, Problem> {
    let tenant = TenantId::new(id);
    let pools = registry.snapshot().tenants.into_iter();
    // The pool that is open or opening; any others are draining.
    pools
        .filter(|pool| pool.tenant == tenant)
        .min_by_key(|pool| pool.state as u8)
        .map(|pool| Json(view::pool(pool)))
        .ok_or_else(|| Problem::new(Code::NotFound).detail("no pool of this tenant is open here"))
}
