//! Routes for tenants.

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
use control_plane::AuditAction;

use crate::routes::Route;

const COLLECTION: &str = "/admin/v1/tenants";
const MEMBER: &str = "/admin/v1/tenants/{id}";

/// Routes for tenants.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::at(COLLECTION)
            .viewer(AuditAction::TenantList, get(list::list))
            .operator(AuditAction::TenantCreate, post(create::create)),
        Route::at(MEMBER)
            .viewer(AuditAction::TenantShow, get(show::show))
            .operator(AuditAction::TenantChange, patch(change::change))
            .admin(AuditAction::TenantDelete, delete(remove::remove)),
        Route::at("/admin/v1/tenants/{id}/suspend")
            .operator(AuditAction::TenantSuspend, post(transition::suspend)),
        Route::at("/admin/v1/tenants/{id}/resume")
            .operator(AuditAction::TenantResume, post(transition::resume)),
        Route::at("/admin/v1/tenants/{id}/undelete")
            .admin(AuditAction::TenantUndelete, post(transition::undelete)),
        Route::at("/admin/v1/tenants/{id}/purge").admin(AuditAction::TenantPurge, post(transition::purge)),
    ]
}
