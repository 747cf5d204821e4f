//! `PATCH /admin/v1/plans/{name}`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, PlanChange};
use serde::Deserialize;
use tenant_limits::Overrides;
use utoipa::ToSchema;
use web::extract::Patch;
use web::openapi::nullable;
use web::{NoQuery, Problem};

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
    /// A limit that is left out keeps its value.
    #[schema(value_type = GivenLimits, required = false)]
    limits: Option<GivenLimits>,
}

/// A merge patch of a plan (RFC 7396).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"limits": {"requests_per_second": 80, "burst": null}}))]
#[expect(clippy::option_option, reason = "left as it is, removed, or set")]
pub(super) struct MergePlan {
    /// What it is for; `null` removes it.
    #[schema(schema_with = nullable::<Description>, required = false)]
    description: Option<Option<Description>>,
    /// A limit that is left out keeps its value; `null` removes all of them.
    #[schema(value_type = Option<GivenLimits>, required = false)]
    limits: Option<Option<GivenLimits>>,
}

impl From<ChangePlan> for PlanChange {
    fn from(change: ChangePlan) -> Self {
        Self {
            description: change.description.map(String::from),
            limits: change.limits.unwrap_or_default().into(),
        }
    }
}

impl From<MergePlan> for PlanChange {
    fn from(merge: MergePlan) -> Self {
        Self {
            description: merge
                .description
                .map(|text| text.map(String::from).unwrap_or_default()),
            limits: match merge.limits {
                Some(limits) => limits.map_or(Overrides::UNLIMITED, Into::into),
                None => Overrides::default(),
            },
        }
    }
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
    body: Patch<ChangePlan, MergePlan>,
) -> Result<Response, Problem> {
    let change: PlanChange = body.into_change();
    let revisions = expected.required()?;
    plane
        .store()
        .change_plan(&actor, &name, &change, &revisions)
        .await
        .map(changed)
        .map_err(refuse)
}
