//! Schemas of a plan's fields.

use control_plane::{Plan, PlanName};
use utoipa::openapi::schema::Type;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};
use web::read::Text;

/// What a plan is for.
pub(super) type Description = Text<0, { Plan::LONGEST_DESCRIPTION }>;

/// The schema of a plan's name.
pub(crate) fn plan_name() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(PlanName::MAX))
        .pattern(Some(PlanName::PATTERN))
        .description(Some("The name of a plan."))
        .into()
}
