//! Routes for operations.

mod list;
mod retry;
mod show;
mod view;

use control_plane::AuditAction;
use web::{Code, operation};

use crate::routes::Route;

pub(crate) use view::{Accepted, accepted};

const COLLECTION: &str = "/admin/v1/operations";

/// Routes for operations.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::viewer(AuditAction::OperationList, operation!(list::list)),
        Route::viewer(AuditAction::OperationShow, operation!(show::show)),
        Route::operator(
            AuditAction::OperationRetry,
            operation!(retry::retry, [Code::Conflict]),
        ),
    ]
}
