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

use control_plane::AuditAction;
use web::{Code, operation};

use crate::codes::{TENANT_EXISTS, TENANT_NOT_READY, TENANT_STATE, TENANT_UNKNOWN};
use crate::routes::Route;

const COLLECTION: &str = "/admin/v1/tenants";
const MEMBER: &str = "/admin/v1/tenants/{id}";

/// Routes for tenants.
pub(crate) fn routes() -> Vec<Route> {
    let change = [TENANT_UNKNOWN, TENANT_STATE];
    vec![
        Route::viewer(AuditAction::TenantList, operation!(list::list)),
        Route::operator(
            AuditAction::TenantCreate,
            operation!(create::create, [TENANT_EXISTS, TENANT_NOT_READY]),
        ),
        Route::viewer(AuditAction::TenantShow, operation!(show::show, [TENANT_UNKNOWN])),
        Route::operator(
            AuditAction::TenantChange,
            operation!(change::change, [TENANT_EXISTS, Code::PreconditionRequired])
                .refuses(&change)
                .requires("If-Match"),
        ),
        Route::admin(
            AuditAction::TenantDelete,
            operation!(remove::remove).refuses(&change),
        ),
        Route::operator(
            AuditAction::TenantSuspend,
            operation!(transition::suspend).refuses(&change),
        ),
        Route::operator(
            AuditAction::TenantResume,
            operation!(transition::resume).refuses(&change),
        ),
        Route::admin(
            AuditAction::TenantUndelete,
            operation!(transition::undelete).refuses(&change),
        ),
        Route::admin(
            AuditAction::TenantPurge,
            operation!(transition::purge).refuses(&change),
        ),
    ]
}
