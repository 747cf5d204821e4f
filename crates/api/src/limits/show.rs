//! `GET …/limits`: a tenant's own view of its limits.
//!
//! It runs no query and takes no connection. It counts as any request, so that what it says is what is left after it.

use std::num::NonZeroU32;
use std::time::Duration;

use axum::extract::FromRequestParts;
use http::request::Parts;
use serde::Serialize;
use tenant_limits::Usage;
use utoipa::ToSchema;
use web::openapi::{Input, Inputs};
use web::{Json, NoQuery, Problem, operation};

use super::Admitted;
use crate::describe::TenantPlane;
use crate::plane::Route;
use crate::tenant::Db;

/// The limits of the tenant's requests, and what is left of them; `null` is no limit of the tenant's own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "plan": "basic",
    "requests_per_second": 100,
    "burst": 200,
    "requests_left": 187,
    "requests_full_in_ms": 130,
    "concurrent_requests": 10,
    "concurrent_in_use": 1,
    "request_timeout_ms": 10000,
    "statement_timeout_ms": 5000,
    "request_body_bytes": null,
    "response_body_bytes": 1_048_576,
    "max_connections": 5,
}))]
struct Limits {
    /// The plan's name.
    plan: String,
    /// Requests a second, in the long run.
    requests_per_second: Option<u32>,
    /// The most requests at once, before the rate holds.
    burst: Option<u32>,
    /// The requests that are left at once, after this one.
    requests_left: Option<u32>,
    /// Milliseconds until `burst` are left again, without further requests.
    requests_full_in_ms: Option<u64>,
    /// Requests at the same time.
    concurrent_requests: Option<u32>,
    /// The requests under way, this one included.
    concurrent_in_use: Option<u32>,
    /// Milliseconds that a request may take.
    request_timeout_ms: Option<u32>,
    /// Milliseconds that a statement may take.
    statement_timeout_ms: Option<u32>,
    /// Bytes of a request's body.
    request_body_bytes: Option<u32>,
    /// Bytes of a response's body, before compression.
    response_body_bytes: Option<u32>,
    /// Database connections that its requests share on each instance of the service.
    max_connections: u32,
}

/// The routes of limits.
pub(crate) fn routes() -> Vec<Route> {
    vec![operation!(show)]
}

/// The request's tenant and its limits, from the layer that has admitted it.
struct OwnLimits(Admitted);

impl<S: Sync> FromRequestParts<S> for OwnLimits {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let admitted = parts.extensions.get::<Admitted>().cloned();
        admitted
            .map(Self)
            .ok_or_else(|| Problem::internal("the route is not behind the limits"))
    }
}

impl Input<TenantPlane> for OwnLimits {
    fn describe(_: &mut Inputs) {}
}

/// Show the limits
///
/// The limits of the tenant's requests, and what is left of them now. The request counts as any other.
#[utoipa::path(get, path = "/limits", operation_id = "showLimits", responses((status = 200, body = Limits)))]
async fn show(OwnLimits(admitted): OwnLimits, Db(db): Db, _: NoQuery) -> Json<Limits> {
    let limits = admitted.limits.limits;
    let Usage { rate, concurrency } = admitted.usage.unwrap_or_default();
    Json(Limits {
        plan: admitted.admission.0.plans.plan_name(admitted.tenant),
        requests_per_second: limits.requests_per_second.map(NonZeroU32::get),
        burst: rate.map(|rate| rate.limit),
        requests_left: rate.map(|rate| rate.remaining),
        requests_full_in_ms: rate.map(|rate| milliseconds(rate.reset)),
        concurrent_requests: limits.concurrent_requests.map(NonZeroU32::get),
        concurrent_in_use: concurrency.map(|concurrency| concurrency.in_use),
        request_timeout_ms: limits.request_timeout_ms.map(NonZeroU32::get),
        statement_timeout_ms: limits.statement_timeout_ms.map(NonZeroU32::get),
        request_body_bytes: limits.request_body_bytes.map(NonZeroU32::get),
        response_body_bytes: limits.response_body_bytes.map(NonZeroU32::get),
        max_connections: db.snapshot().max,
    })
}

/// Whole milliseconds, rounded up.
fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
