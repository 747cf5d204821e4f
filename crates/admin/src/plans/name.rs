//! The `{name}` of a plan in a path.

use axum::extract::FromRequestParts;
use axum::extract::RawPathParams;
use axum::extract::rejection::RawPathParamsRejection;
use control_plane::PlanName;
use http::request::Parts;
use serde_json::json;
use web::Problem;
use web::openapi::{Input, Inputs};

use crate::codes::PLAN_UNKNOWN;
use crate::describe::AdminPlane;

/// The plan that stands for `{name}` in a route's path. What is no name gets the same `PLAN_UNKNOWN` as a plan that does
/// not exist.
#[derive(Debug)]
pub(super) struct PathName(pub(super) PlanName);

impl<S: Send + Sync> FromRequestParts<S> for PathName {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let params = match RawPathParams::from_request_parts(parts, state).await {
            Ok(params) => params,
            // Percent-encoded bytes that are not UTF-8: no name either.
            Err(RawPathParamsRejection::InvalidUtf8InPathParam(_)) => return Err(PLAN_UNKNOWN.into()),
            Err(error) => return Err(Problem::internal(error)),
        };
        let (_, text) = params
            .iter()
            .find(|(name, _)| *name == "name")
            .ok_or_else(|| Problem::internal("PathName is used in a route without {name}"))?;
        PlanName::new(text).map(Self).map_err(|_| PLAN_UNKNOWN.into())
    }
}

impl Input<AdminPlane> for PathName {
    fn describe(inputs: &mut Inputs) {
        inputs.refuse(&[PLAN_UNKNOWN]);
        inputs.path(
            "name",
            "The plan's name.",
            &json!({"type": "string", "minLength": 1, "maxLength": PlanName::MAX, "pattern": PlanName::PATTERN}),
        );
    }
}
