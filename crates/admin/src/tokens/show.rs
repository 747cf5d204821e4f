//! `GET /admin/v1/admin-tokens/{id}`

use axum::extract::State;
use control_plane::ControlPlane;
use web::{Code, Json, NoQuery, PathId, Problem};

use super::view;
use crate::store_failed::store_failed;

/// Show what is kept of an admin token
#[utoipa::path(
    get,
    path = "/admin/v1/admin-tokens/{id}",
    operation_id = "showAdminToken",
    responses((status = 200, body = admin_types::AdminToken))
)]
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<admin_types::AdminToken>, Problem> {
    let token = plane.store().admin_token(id).await.map_err(store_failed)?;
    token
        .map(|token| Json(view::token(token)))
        .ok_or_else(|| Code::NotFound.into())
}
