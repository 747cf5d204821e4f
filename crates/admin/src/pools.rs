//! Routes for the tenant pools of this replica.

mod evict;
mod list;
mod show;
mod view;
mod warm;

use control_plane::AuditAction;
use web::operation;

use crate::codes::{CLUSTER_BUSY, TENANT_STATE, TENANT_UNKNOWN};
use crate::routes::Route;

/// Routes for pools.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::viewer(AuditAction::PoolList, operation!(list::list)),
        Route::viewer(AuditAction::PoolShow, operation!(show::show)),
        Route::operator(AuditAction::PoolEvict, operation!(evict::evict)),
        Route::operator(
            AuditAction::PoolWarm,
            operation!(warm::warm, [TENANT_UNKNOWN, TENANT_STATE, CLUSTER_BUSY]),
        ),
    ]
}
