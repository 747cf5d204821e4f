//! `GET /admin/v1/admin-tokens`

use axum::Json;
use axum::extract::State;
use control_plane::{AdminTokenInfo, ControlPlane};
use uuid::Uuid;
use web::page::{self, Limit};
use web::{Page, Problem, Query};

use crate::store_failed::store_failed;

/// What a cursor of this list is for.
const SHAPE: &str = "admin tokens id asc";

/// A page of tokens in the order of their making, also of those that are revoked or expired.
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    mut query: Query,
) -> Result<Json<Page<AdminTokenInfo>>, Problem> {
    let limit = query.optional("limit", Limit::rule());
    let after = query.optional("cursor", page::cursor::<Uuid>(SHAPE));
    let (limit, after) = query.finish((limit, after))?;
    let limit = limit.unwrap_or_default();
    let tokens = plane
        .store()
        .admin_tokens(after, limit.fetch())
        .await
        .map_err(store_failed)?;
    Ok(Json(Page::new(tokens, limit, SHAPE, |last| last.id)?))
}
