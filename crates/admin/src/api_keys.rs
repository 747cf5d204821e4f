//! API keys of tenants, as operators see them.

mod change;
mod create;
mod list;
mod show;
mod view;

use axum::routing::{get, post};

use crate::routes::Route;

/// The routes of API keys.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at("/admin/v1/tenants/{id}/api-keys")
            .viewer(get(list::of_tenant))
            .operator(post(create::create)),
        Route::at("/admin/v1/api-keys").viewer(get(list::of_all)),
        Route::at("/admin/v1/api-keys/{id}").viewer(get(show::show)),
        Route::at("/admin/v1/api-keys/{id}/expire").operator(post(change::expire)),
        Route::at("/admin/v1/api-keys/{id}/revoke").operator(post(change::revoke)),
    ]
}
