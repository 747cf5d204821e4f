//! `GET /admin/v1/operations/{id}`

use axum::Json;
use axum::extract::State;
use control_plane::ControlPlane;
use web::{Code, NoQuery, PathId, Problem};

use super::OperationView;
use crate::store_failed::store_failed;

/// Shows an operation and how far it is.
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<OperationView>, Problem> {
    let operation = plane.store().operation(id).await.map_err(store_failed)?;
    operation
        .map(|operation| Json(operation.into()))
        .ok_or_else(|| Code::NotFound.into())
}
