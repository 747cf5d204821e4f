//! Routes for tokens of the admin plane; all need the role admin.

mod create;
mod list;
mod revoke;
mod show;
mod view;

use control_plane::AuditAction;
use web::{Code, operation};

use crate::routes::Route;

const COLLECTION: &str = "/admin/v1/admin-tokens";

/// Routes for tokens.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::admin(AuditAction::AdminTokenList, operation!(list::list)),
        Route::admin(AuditAction::AdminTokenCreate, operation!(create::create)),
        Route::admin(AuditAction::AdminTokenShow, operation!(show::show)),
        Route::admin(
            AuditAction::AdminTokenRevoke,
            operation!(revoke::revoke, [Code::Conflict]),
        ),
    ]
}
