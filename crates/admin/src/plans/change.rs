//! `PATCH /admin/v1/plans/{name}`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, PlanChange};
use serde::Deserialize;
use utoipa::ToSchema;
use web::{Json, NoQuery, Problem};

use super::fields::Description;
use super::name::PathName;
use super::view::changed;
use super::{MEMBER, refuse};
use crate::auth::Caller;
use crate::limits::GivenLimits;
use crate::revision::Expected;

/// The fields to change; an omitted field keeps its value.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"limits": {"requests_per_second": 80, "burst": null}}))]
pub(super) struct ChangePlan {
    /// What it is for.
    description: Option<Description>,
    /// Those that are left out stay as they are.
    #[schema(value_type = GivenLimits, required = false)]
    limits: Option<GivenLimits>,
}

/// Change a plan
///
/// A field or a limit that is left out keeps its value; `null` removes a limit. Its tenants have the new limits within a
/// second, on every replica. Requires `If-Match`.
#[utoipa::path(
    patch,
    path = MEMBER,
    operation_id = "changePlan",
    responses((
        status = 200,
        body = admin_types::Plan,
        description = "The plan as it is now.",
        headers(("etag" = String, description = "The revision of the plan, for `If-Match`."))
    ))
)]
pub(super) async fn change(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    expected: Expected,
    _: NoQuery,
    PathName(name): PathName,
    Json(body): Json<ChangePlan>,
) -> Result<Response, Problem> {
    let change = PlanChange {
        description: body.description.map(String::from),
        limits: body.limits.unwrap_or_default().into(),
    };
    let revisions = expected.required()?;
    plane
        .store()
        .change_plan(&actor, &name, &change, &revisions)
        .await
        .map(changed)
        .map_err(refuse)
}
