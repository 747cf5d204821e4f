//! Routes for the audit log.

mod filter;
mod view;

use axum::extract::State;
use axum::routing::get;
use control_plane::{AuditAction, ControlPlane};
use web::page::Sorted as _;
use web::{Json, Page, Problem, Query};

use crate::page::page;
use crate::routes::Route;
use crate::store_failed::store_failed;
use filter::{ListAudit, NewestFirst};

/// Routes for the audit log.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::at("/admin/v1/audit").viewer(AuditAction::AuditList, get(list))]
}

/// `GET /admin/v1/audit`: a page of entries, the newest first.
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
