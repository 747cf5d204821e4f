//! Routes for plans.

mod change;
mod create;
mod fields;
mod list;
mod name;
mod remove;
mod show;
mod view;

use control_plane::{AuditAction, PlanError};
use web::{Code, Problem, operation};

pub(crate) use self::fields::plan_name;

use crate::codes::{PLAN_EXISTS, PLAN_IN_USE, PLAN_UNKNOWN};
use crate::routes::Route;
use crate::store_failed::store_failed;

const COLLECTION: &str = "/admin/v1/plans";
const MEMBER: &str = "/admin/v1/plans/{name}";

/// Routes for plans.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::viewer(AuditAction::PlanList, operation!(list::list)),
        Route::operator(AuditAction::PlanCreate, operation!(create::create, [PLAN_EXISTS])),
        Route::viewer(AuditAction::PlanShow, operation!(show::show)),
        Route::operator(
            AuditAction::PlanChange,
            operation!(change::change, [Code::PreconditionRequired]).requires("If-Match"),
        ),
        Route::admin(AuditAction::PlanDelete, operation!(remove::remove, [PLAN_IN_USE])),
    ]
}

/// The response to a refused change of a plan.
fn refuse(error: PlanError) -> Problem {
    match error {
        PlanError::Exists => PLAN_EXISTS.into(),
        PlanError::Unknown => PLAN_UNKNOWN.into(),
        PlanError::Revision(_) => Code::PreconditionFailed.into(),
        PlanError::Default | PlanError::InUse(_) => Problem::new(PLAN_IN_USE).detail(error.to_string()),
        PlanError::Store(error) => store_failed(error),
    }
}
