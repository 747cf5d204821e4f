//! `GET /admin/v1/tenants/{id}`

use axum::extract::State;
use axum::response::Response;
use control_plane::ControlPlane;
use web::{Code, NoQuery, PathId, Problem};

use super::view::shown;
use crate::store_failed::store_failed;

/// Shows a tenant, with its entity tag.
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Response, Problem> {
    let tenant = plane.tenant(id.into()).await.map_err(store_failed)?;
    tenant.map(shown).ok_or_else(|| Code::TenantUnknown.into())
}
