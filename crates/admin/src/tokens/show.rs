//! `GET /admin/v1/admin-tokens/{id}`

use axum::Json;
use axum::extract::State;
use control_plane::{AdminTokenInfo, ControlPlane};
use web::{Code, NoQuery, PathId, Problem};

use crate::store_failed::store_failed;

/// Shows what is kept of a token.
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
) -> Result<Json<AdminTokenInfo>, Problem> {
    let token = plane.store().admin_token(id).await.map_err(store_failed)?;
    token.map(Json).ok_or_else(|| Code::NotFound.into())
}
