//! `GET /admin/v1/plans/{name}`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use control_plane::ControlPlane;
use http::StatusCode;
use web::extract::{Freshness, Preconditions};
use web::{NoQuery, Problem};

use super::MEMBER;
use super::name::PathName;
use super::view::shown;
use crate::codes::PLAN_UNKNOWN;
use crate::revision::{etag, tag};
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
    let tag = tag(plan.revision, None);
    if preconditions.freshness(&tag)? == Freshness::NotModified {
        return Ok((StatusCode::NOT_MODIFIED, etag(&tag)).into_response());
    }
    Ok(shown(plan))
}
