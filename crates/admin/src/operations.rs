//! Routes for operations.

mod list;
mod retry;
mod show;
mod view;

use axum::routing::{get, post};
use control_plane::AuditAction;

use crate::routes::Route;

pub(crate) use view::accepted;

const COLLECTION: &str = "/admin/v1/operations";

/// Routes for operations.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at(COLLECTION).viewer(AuditAction::OperationList, get(list::list)),
        Route::at("/admin/v1/operations/{id}").viewer(AuditAction::OperationShow, get(show::show)),
        Route::at("/admin/v1/operations/{id}/retry")
            .operator(AuditAction::OperationRetry, post(retry::retry)),
    ]
}
