//! Routes for the issuers of tokens.

mod list;

use std::fmt::Debug;

use admin_types::Issuer;
use control_plane::AuditAction;
use web::operation;

use crate::routes::Route;

/// The issuers whose tokens this instance accepts.
pub trait Issuers: Debug + Send + Sync {
    /// Each with the state of its keys, in any order.
    fn issuers(&self) -> Vec<Issuer>;
}

/// Routes for issuers.
pub(crate) fn routes() -> Vec<Route> {
    vec![Route::viewer(AuditAction::IssuerList, operation!(list::list))]
}
