//! `GET /admin/v1/plans`

use axum::extract::State;
use control_plane::{ControlPlane, Plan};
use web::page::{Paging, Sorted};
use web::{Json, Page, Problem, Query};

use super::{COLLECTION, view};
use crate::page::page;
use crate::store_failed::store_failed;

/// The order of the list.
pub(super) struct ByName;

impl Sorted for ByName {
    const SHAPE: &str = "plans name asc";
    type Key = String;
}

/// List plans
///
/// In the order of their names.
#[utoipa::path(
    get,
    path = COLLECTION,
    operation_id = "listPlans",
    responses((status = 200, body = admin_types::Page<admin_types::Plan>, description = "A page; `next_cursor` is `null` on the last one."))
)]
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    Query(paging): Query<Paging<ByName>>,
) -> Result<Json<admin_types::Page<admin_types::Plan>>, Problem> {
    let limit = paging.limit();
    let after = paging.after();
    let found = plane
        .store()
        .plans(after.as_deref(), limit.fetch())
        .await
        .map_err(store_failed)?;
    let found = Page::new(found, limit, ByName::SHAPE, |last: &Plan| {
        last.name.as_str().to_owned()
    })?;
    Ok(page(found, view::plan))
}
