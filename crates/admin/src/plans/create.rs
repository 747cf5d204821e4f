//! `POST /admin/v1/plans`

use axum::extract::State;
use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{ControlPlane, NewPlan, PlanName};
use http::{StatusCode, header};
use serde::Deserialize;
use tenant_limits::{Overrides, RequestLimits};
use utoipa::ToSchema;
use web::{Json, NoQuery, Problem};

use super::fields::{Description, plan_name};
use super::view::changed;
use super::{COLLECTION, refuse};
use crate::auth::Caller;
use crate::limits::GivenLimits;

/// A new plan.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"name": "pro", "description": "Customers with a contract.", "limits": {"requests_per_second": 50, "burst": 100}}))]
pub(super) struct CreatePlan {
    #[schema(schema_with = plan_name)]
    name: PlanName,
    /// What it is for.
    description: Option<Description>,
    /// Those that are left out are no limits, as those that are `null`.
    #[schema(value_type = GivenLimits, required = false)]
    limits: Option<GivenLimits>,
}

/// Create a plan
///
/// The name never changes. A limit that is left out or `null` is no limit.
#[utoipa::path(
    post,
    path = COLLECTION,
    operation_id = "createPlan",
    responses((
        status = 201,
        body = admin_types::Plan,
        description = "The plan.",
        headers(
            ("location" = String, description = "The path of the plan."),
            ("etag" = String, description = "The revision of the plan, for `If-Match`.")
        )
    ))
)]
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    Caller(actor): Caller,
    _: NoQuery,
    Json(body): Json<CreatePlan>,
) -> Result<Response, Problem> {
    let given: Overrides = body.limits.unwrap_or_default().into();
    let new = NewPlan {
        name: body.name,
        description: body.description.map(String::from).unwrap_or_default(),
        limits: given.over(&RequestLimits::default()),
    };
    let plan = plane.store().create_plan(&actor, &new).await.map_err(refuse)?;
    let location = format!("{COLLECTION}/{}", plan.name);
    let headers = AppendHeaders([(header::LOCATION, location)]);
    Ok((StatusCode::CREATED, headers, changed(plan)).into_response())
}
