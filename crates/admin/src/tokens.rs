//! Routes for tokens of the admin plane; all need the role admin.

mod create;
mod list;
mod revoke;
mod show;
mod view;

use axum::routing::{get, post};
use control_plane::AuditAction;

use crate::routes::Route;

const COLLECTION: &str = "/admin/v1/admin-tokens";

/// Routes for tokens.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at(COLLECTION)
            .admin(AuditAction::AdminTokenList, get(list::list))
            .admin(AuditAction::AdminTokenCreate, post(create::create)),
        Route::at("/admin/v1/admin-tokens/{id}").admin(AuditAction::AdminTokenShow, get(show::show)),
        Route::at("/admin/v1/admin-tokens/{id}/revoke")
            .admin(AuditAction::AdminTokenRevoke, post(revoke::revoke)),
    ]
}
