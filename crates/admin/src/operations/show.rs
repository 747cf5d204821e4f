//! `GET /admin/v1/operations/{id}`

use axum::extract::State;
use control_plane::ControlPlane;
use web::{Code, Json, NoQuery, PathId, Problem};

use super::view;
use crate::store_failed::store_failed;

/// Show an operation and its progress
#[utoipa::path(
    get,
    path = "/admin/v1/operations/{id}",
    operation_id = "showOperation",
    responses((status = 200, body = admin_types::Operation))
)]
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<admin_types::Operation>, Problem> {
    let operation = plane.store().operation(id).await.map_err(store_failed)?;
    operation
        .map(|operation| Json(view::operation(operation)))
        .ok_or_else(|| Code::NotFound.into())
}
