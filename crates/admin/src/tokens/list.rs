//! `GET /admin/v1/admin-tokens`

use axum::extract::State;
use control_plane::ControlPlane;
use uuid::Uuid;
use web::page::{Paging, Sorted};
use web::{Json, Page, Problem, Query};

use super::{COLLECTION, view};
use crate::page::page;
use crate::store_failed::store_failed;

/// The order of the list.
pub(super) struct ById;

impl Sorted for ById {
    const SHAPE: &str = "admin tokens id asc";
    type Key = Uuid;
}

/// List admin tokens
///
/// In the order of their making, also those that are revoked or expired.
#[utoipa::path(
    get,
    path = COLLECTION,
    operation_id = "listAdminTokens",
    responses((status = 200, body = admin_types::Page<admin_types::AdminToken>, description = "A page; `next_cursor` is `null` on the last one."))
)]
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    Query(paging): Query<Paging<ById>>,
) -> Result<Json<admin_types::Page<admin_types::AdminToken>>, Problem> {
    let limit = paging.limit();
    let after = paging.after();
    let tokens = plane
        .store()
        .admin_tokens(after, limit.fetch())
        .await
        .map_err(store_failed)?;
    let tokens = Page::new(tokens, limit, ById::SHAPE, |last| last.id)?;
    Ok(page(tokens, view::token))
}
