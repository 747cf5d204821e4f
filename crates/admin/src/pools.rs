//! Routes for the tenant pools of this replica.

mod evict;
mod list;
mod show;
mod view;
mod warm;

use axum::routing::{get, post};
use control_plane::AuditAction;

use crate::routes::Route;

/// Routes for pools.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at("/admin/v1/pools").viewer(AuditAction::PoolList, get(list::list)),
        Route::at("/admin/v1/pools/{id}").viewer(AuditAction::PoolShow, get(show::show)),
        Route::at("/admin/v1/pools/{id}/evict").operator(AuditAction::PoolEvict, post(evict::evict)),
        Route::at("/admin/v1/pools/{id}/warm").operator(AuditAction::PoolWarm, post(warm::warm)),
    ]
}
