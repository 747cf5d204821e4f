//! `GET /admin/v1/api-keys/{id}`

use axum::Json;
use axum::extract::State;
use control_plane::ControlPlane;
use web::{Code, NoQuery, PathId, Problem};

use super::view::ApiKeyView;
use crate::store_failed::store_failed;

/// Shows an API key.
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<ApiKeyView>, Problem> {
    let key = plane.store().api_key(id).await.map_err(store_failed)?;
    key.map(|key| Json(key.into()))
        .ok_or_else(|| Code::NotFound.into())
}
