//! `GET /admin/v1/plans/{name}`

use axum::extract::State;
use axum::response::Response;
use control_plane::ControlPlane;
use web::etag::conditional;
use web::extract::Preconditions;
use web::{Json, NoQuery, Problem};

use super::name::PathName;
use super::{MEMBER, view};
use crate::codes::PLAN_UNKNOWN;
use crate::revision::tag;
use crate::store_failed::store_failed;

/// Show a plan
#[utoipa::path(
    get,
    path = MEMBER,
    operation_id = "showPlan",
    responses(
        (status = 200, body = admin_types::Plan, headers(("etag" = String, description = "The revision of the plan, for `If-Match`."))),
        (status = 304, description = "The client's copy is current.", headers(("etag" = String, description = "The revision of the plan, for `If-Match`.")))
    )
)]
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    preconditions: Preconditions,
    PathName(name): PathName,
) -> Result<Response, Problem> {
    let plan = plane.store().plan(&name).await.map_err(store_failed)?;
    let plan = plan.ok_or(PLAN_UNKNOWN)?;
    conditional(&tag(plan.revision, None), &preconditions, Json(view::plan(plan)))
}
