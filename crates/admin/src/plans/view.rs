//! Response views of a plan.

use axum::Extension;
use axum::response::{IntoResponse, Response};
use control_plane::Plan;
use web::Json;
use web::etag::etag;

use crate::attempts::Audited;
use crate::limits;
use crate::revision::tag;

/// A plan in a list.
pub(super) fn plan(plan: Plan) -> admin_types::Plan {
    admin_types::Plan {
        name: plan.name.as_str().to_owned(),
        description: plan.description,
        limits: limits::shown(plan.limits),
        created_at: plan.created_at.into(),
        updated_at: plan.updated_at.into(),
    }
}

/// The plan with its entity tag.
pub(super) fn shown(plan: Plan) -> Response {
    (etag(&tag(plan.revision, None)), Json(self::plan(plan))).into_response()
}

/// The plan after a change that has been audited.
pub(super) fn changed(plan: Plan) -> Response {
    (Extension(Audited), shown(plan)).into_response()
}
