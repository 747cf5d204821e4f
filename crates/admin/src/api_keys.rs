//! Routes for tenants' API keys.

mod change;
mod create;
mod list;
mod show;
mod view;

use axum::routing::{get, post};
use control_plane::AuditAction;

use crate::routes::Route;

/// Routes for API keys.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at("/admin/v1/tenants/{id}/api-keys")
            .viewer(AuditAction::ApiKeyList, get(list::of_tenant))
            .operator(AuditAction::ApiKeyCreate, post(create::create)),
        Route::at("/admin/v1/api-keys").viewer(AuditAction::ApiKeyList, get(list::of_all)),
        Route::at("/admin/v1/api-keys/{id}").viewer(AuditAction::ApiKeyShow, get(show::show)),
        Route::at("/admin/v1/api-keys/{id}/expire").operator(AuditAction::ApiKeyExpire, post(change::expire)),
        Route::at("/admin/v1/api-keys/{id}/revoke").operator(AuditAction::ApiKeyRevoke, post(change::revoke)),
    ]
}
