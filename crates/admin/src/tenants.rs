//! Tenants, as operators see them.

mod change;
mod create;
mod fields;
mod list;
mod prefer;
mod refuse;
mod remove;
mod show;
mod transition;
mod view;

use axum::routing::{delete, get, patch, post};

use crate::routes::Route;

const COLLECTION: &str = "/admin/v1/tenants";
const MEMBER: &str = "/admin/v1/tenants/{id}";

/// The routes of tenants.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at(COLLECTION)
            .viewer(get(list::list))
            .operator(post(create::create)),
        Route::at(MEMBER)
            .viewer(get(show::show))
            .operator(patch(change::change))
            .admin(delete(remove::remove)),
        Route::at("/admin/v1/tenants/{id}/suspend").operator(post(transition::suspend)),
        Route::at("/admin/v1/tenants/{id}/resume").operator(post(transition::resume)),
        Route::at("/admin/v1/tenants/{id}/undelete").admin(post(transition::undelete)),
        Route::at("/admin/v1/tenants/{id}/purge").admin(post(transition::purge)),
    ]
}
