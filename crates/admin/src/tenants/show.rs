//! `GET /admin/v1/tenants/{id}`

use axum::Json;
use axum::extract::State;
use control_plane::ControlPlane;
use web::{Code, NoQuery, PathId, Problem};

use super::{TenantView, store_failed};

/// Shows a tenant.
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<TenantView>, Problem> {
    let tenant = plane.tenant(id.into()).await.map_err(store_failed)?;
    tenant
        .map(|tenant| Json(tenant.into()))
        .ok_or_else(|| Code::TenantUnknown.into())
}
