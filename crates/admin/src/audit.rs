//! Routes for the audit log.

mod filter;
mod view;

use axum::extract::State;
use control_plane::{AuditAction, ControlPlane};
use web::page::Sorted as _;
use web::{Json, Page, Problem, Query, operation};

use crate::page::page;
use crate::routes::Route;
use crate::store_failed::store_failed;
use filter::{ListAudit, NewestFirst};

/// Routes for the audit log.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::viewer(AuditAction::AuditList, operation!(list))]
}

/// List the audit log
///
/// The newest entries first.
#[utoipa::path(
    get,
    path = "/admin/v1/audit",
    operation_id = "listAudit",
    tag = "audit",
    responses((status = 200, body = admin_types::Page<admin_types::AuditEntry>, description = "A page; `next_cursor` is `null` on the last one."))
)]
async fn list(
    State(plane): State<ControlPlane>,
    Query(ListAudit { limit, filter }): Query<ListAudit>,
) -> Result<Json<admin_types::Page<admin_types::AuditEntry>>, Problem> {
    let entries = plane
        .store()
        .audit_log(&filter, limit.fetch())
        .await
        .map_err(store_failed)?;
    let entries = Page::new(entries, limit, NewestFirst::SHAPE, |last| last.id)?;
    Ok(page(entries, view::entry))
}
