//! `POST /admin/v1/pools/{id}/warm`

use axum::extract::State;
use control_plane::{ControlPlane, TenantState};
use http::StatusCode;
use tenant_registry::{BudgetedPool, Registry};
use web::{NoBody, NoQuery, PathId, Problem};

use crate::codes;
use crate::store_failed::store_failed;

/// Open the pool of a tenant
///
/// Ahead of its first request.
#[utoipa::path(
    post,
    path = "/admin/v1/pools/{id}/warm",
    operation_id = "warmPool",
    responses((status = 204, description = "The pool is resident, also if it already was."))
)]
pub(super) async fn warm(
    State(plane): State<ControlPlane>,
    State(registry): State<Registry<BudgetedPool>>,
    _: NoQuery,
    PathId(id): PathId,
    _: NoBody,
) -> Result<StatusCode, Problem> {
    let tenant = plane.tenant(id.into()).await.map_err(store_failed)?;
    let tenant = tenant.ok_or(codes::TENANT_UNKNOWN)?;
    if tenant.state != TenantState::Active {
        let detail = format!("the tenant is {}", tenant.state.as_str());
        return Err(Problem::new(codes::TENANT_STATE).detail(detail));
    }
    registry.warm([tenant.id], 1).await;
    if registry.resident(tenant.id).is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Problem::new(codes::CLUSTER_BUSY)
        .detail("the pool could not be opened, or there is no room for one more"))
}
