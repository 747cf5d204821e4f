//! The pools of this replica, as operators watch and tend them.

mod evict;
mod list;
mod show;
mod view;
mod warm;

use axum::routing::{get, post};

use crate::routes::Route;

/// The routes of pools.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at("/admin/v1/pools").viewer(get(list::list)),
        Route::at("/admin/v1/pools/{id}").viewer(get(show::show)),
        Route::at("/admin/v1/pools/{id}/evict").operator(post(evict::evict)),
        Route::at("/admin/v1/pools/{id}/warm").operator(post(warm::warm)),
    ]
}
