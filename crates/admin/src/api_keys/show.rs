//! `GET /admin/v1/api-keys/{id}`

use axum::extract::State;
use control_plane::ControlPlane;
use web::{Code, Json, NoQuery, PathId, Problem};

use super::view::api_key;
use crate::store_failed::store_failed;

/// Show an API key
#[utoipa::path(
    get,
    path = "/admin/v1/api-keys/{id}",
    operation_id = "showApiKey",
    tag = "api-keys",
    responses((status = 200, body = admin_types::ApiKey))
)]
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<admin_types::ApiKey>, Problem> {
    let key = plane.store().api_key(id).await.map_err(store_failed)?;
    key.map(|key| Json(api_key(key)))
        .ok_or_else(|| Code::NotFound.into())
}
