//! Plans, and the limits of requests.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::moment;

/// Limits of a tenant's requests. `null` is no limit of the plan or tenant: what the service sets for all still holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RequestLimits {
    /// Requests a second, in the long run.
    #[schema(required)]
    pub requests_per_second: Option<u32>,
    /// The most requests at once, before the rate holds; `null` for the requests of one second.
    #[schema(required)]
    pub burst: Option<u32>,
    /// Requests at the same time.
    #[schema(required)]
    pub concurrent_requests: Option<u32>,
    /// From the end of a request's headers to the head of its response, in milliseconds.
    #[schema(required)]
    pub request_timeout_ms: Option<u32>,
    /// How long one statement may run, in milliseconds.
    #[schema(required)]
    pub statement_timeout_ms: Option<u32>,
    /// The size of a request's body, in bytes.
    #[schema(required)]
    pub request_body_bytes: Option<u32>,
    /// The size of a response's body, in bytes.
    #[schema(required)]
    pub response_body_bytes: Option<u32>,
}

impl RequestLimits {
    /// The names of the limits.
    pub const NAMES: [&str; 7] = [
        "requests_per_second",
        "burst",
        "concurrent_requests",
        "request_timeout_ms",
        "statement_timeout_ms",
        "request_body_bytes",
        "response_body_bytes",
    ];

    /// Each limit with its name.
    pub const fn named(&self) -> [(&'static str, Option<u32>); 7] {
        [
            ("requests_per_second", self.requests_per_second),
            ("burst", self.burst),
            ("concurrent_requests", self.concurrent_requests),
            ("request_timeout_ms", self.request_timeout_ms),
            ("statement_timeout_ms", self.statement_timeout_ms),
            ("request_body_bytes", self.request_body_bytes),
            ("response_body_bytes", self.response_body_bytes),
        ]
    }
}

/// A plan: limits that tenants have in common.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "name": "pro",
    "description": "Customers with a contract.",
    "limits": {
        "requests_per_second": 50,
        "burst": 100,
        "concurrent_requests": 20,
        "request_timeout_ms": 10000,
        "statement_timeout_ms": 5000,
        "request_body_bytes": null,
        "response_body_bytes": null,
    },
    "created_at": "2026-11-30T16:02:55.573939Z",
    "updated_at": "2026-11-30T16:02:55.573939Z",
}))]
pub struct Plan {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its limits.
    pub limits: RequestLimits,
    /// When it was created.
    #[serde(with = "moment")]
    pub created_at: OffsetDateTime,
    /// When it changed last.
    #[serde(with = "moment")]
    pub updated_at: OffsetDateTime,
}

impl Plan {
    /// The plan of tenants that are given no other.
    pub const DEFAULT: &str = "default";
}
