//! Operations: what goes on until it is done, as operators watch it.

mod list;
mod retry;
mod show;
mod view;

use axum::routing::{get, post};

use crate::routes::Route;

pub(crate) use view::OperationView;

const COLLECTION: &str = "/admin/v1/operations";

/// The routes of operations.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at(COLLECTION).viewer(get(list::list)),
        Route::at("/admin/v1/operations/{id}").viewer(get(show::show)),
        Route::at("/admin/v1/operations/{id}/retry").operator(post(retry::retry)),
    ]
}
