//! `DELETE /admin/v1/plans/{name}`

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use control_plane::ControlPlane;
use http::StatusCode;
use web::{NoBody, NoQuery, Problem};

use super::name::PathName;
use super::{MEMBER, refuse};
use crate::attempts::Audited;
use crate::auth::Caller;
use crate::revision::Expected;

/// Delete a plan
///
/// Only one that no tenant has, counting deleted ones that may come back. The default plan stays.
#[utoipa::path(
    delete,
    path = MEMBER,
    operation_id = "deletePlan",
    responses((status = 204, description = "The plan is gone."))
)]
pub(super) async fn remove(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    expected: Expected,
    _: NoQuery,
    PathName(name): PathName,
    _: NoBody,
) -> Result<Response, Problem> {
    let revisions = expected.optional();
    let deleted = plane.store().delete_plan(&actor, &name, &revisions).await;
    deleted.map_err(refuse)?;
    Ok((StatusCode::NO_CONTENT, Extension(Audited)).into_response())
}
