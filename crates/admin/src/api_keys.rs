//! Routes for tenants' API keys.

mod change;
mod create;
mod list;
mod show;
mod view;

use control_plane::AuditAction;
use web::{Code, operation};

use crate::codes::{TENANT_STATE, TENANT_UNKNOWN};
use crate::routes::Route;

/// Routes for API keys.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::viewer(
            AuditAction::ApiKeyList,
            operation!(list::of_tenant, [TENANT_UNKNOWN]),
        ),
        Route::operator(
            AuditAction::ApiKeyCreate,
            operation!(create::create, [TENANT_UNKNOWN, TENANT_STATE]),
        ),
        Route::viewer(AuditAction::ApiKeyList, operation!(list::of_all)),
        Route::viewer(AuditAction::ApiKeyShow, operation!(show::show)),
        Route::operator(
            AuditAction::ApiKeyExpire,
            operation!(change::expire, [Code::Conflict]),
        ),
        Route::operator(AuditAction::ApiKeyRevoke, operation!(change::revoke)),
    ]
}
