//! The audit log, as operators read it.

mod filter;

use axum::Json;
use axum::extract::State;
use axum::routing::get;
use control_plane::{AuditRecord, ControlPlane};
use web::{Page, Problem, Query};

use crate::routes::Route;
use crate::store_failed::store_failed;
use filter::{Filter, SHAPE};

/// The routes of the log.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::at("/admin/v1/audit").viewer(get(list))]
}

/// `GET /admin/v1/audit`: a page of entries, the newest first.
async fn list(State(plane): State<ControlPlane>, query: Query) -> Result<Json<Page<AuditRecord>>, Problem> {
    let Filter { limit, filter } = Filter::read(query)?;
    let entries = plane
        .store()
        .audit_log(&filter, limit.fetch())
        .await
        .map_err(store_failed)?;
    Ok(Json(Page::new(entries, limit, SHAPE, |last| last.id)?))
}
