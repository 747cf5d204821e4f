//! Tokens of the admin plane, as admins see them: everything about them needs the role admin.

mod create;
mod list;
mod revoke;
mod show;

use axum::routing::{get, post};
use control_plane::Role;

use crate::routes::Route;

const COLLECTION: &str = "/admin/v1/admin-tokens";

/// Roles by their names.
const ROLES: [(&str, Role); 3] = [
    (Role::Viewer.as_str(), Role::Viewer),
    (Role::Operator.as_str(), Role::Operator),
    (Role::Admin.as_str(), Role::Admin),
];

/// The routes of tokens.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at(COLLECTION).admin(get(list::list).post(create::create)),
        Route::at("/admin/v1/admin-tokens/{id}").admin(get(show::show)),
        Route::at("/admin/v1/admin-tokens/{id}/revoke").admin(post(revoke::revoke)),
    ]
}
