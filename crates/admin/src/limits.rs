//! Limits of tenants' requests in requests and responses.

use std::num::NonZeroU32;

use serde::Deserialize;
use tenant_limits::{Override, Overrides, RequestLimits};
use utoipa::ToSchema;
use web::openapi::nullable;
use web::read::Integer;

/// `requests_per_second`, `burst` and `concurrent_requests`.
type Requests = Integer<1, { *RequestLimits::REQUESTS.end() as i64 }>;
/// `request_timeout_ms` and `statement_timeout_ms`.
type Milliseconds = Integer<1, { *RequestLimits::MILLISECONDS.end() as i64 }>;
/// `request_body_bytes` and `response_body_bytes`.
type Bytes = Integer<1, { *RequestLimits::BYTES.end() as i64 }>;

/// Limits of a plan, or what a tenant has in their place: a number, or `null` for no limit.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[expect(clippy::option_option, reason = "left out, no limit, or a number")]
pub(crate) struct GivenLimits {
    /// Requests a second, in the long run.
    #[schema(schema_with = nullable::<Requests>, required = false)]
    requests_per_second: Option<Option<Requests>>,
    /// The most requests at once, before the rate holds.
    #[schema(schema_with = nullable::<Requests>, required = false)]
    burst: Option<Option<Requests>>,
    /// Requests at the same time.
    #[schema(schema_with = nullable::<Requests>, required = false)]
    concurrent_requests: Option<Option<Requests>>,
    /// In milliseconds.
    #[schema(schema_with = nullable::<Milliseconds>, required = false)]
    request_timeout_ms: Option<Option<Milliseconds>>,
    /// In milliseconds.
    #[schema(schema_with = nullable::<Milliseconds>, required = false)]
    statement_timeout_ms: Option<Option<Milliseconds>>,
    /// In bytes.
    #[schema(schema_with = nullable::<Bytes>, required = false)]
    request_body_bytes: Option<Option<Bytes>>,
    /// In bytes.
    #[schema(schema_with = nullable::<Bytes>, required = false)]
    response_body_bytes: Option<Option<Bytes>>,
}

impl From<GivenLimits> for Overrides {
    fn from(given: GivenLimits) -> Self {
        Self {
            requests_per_second: own(given.requests_per_second),
            burst: own(given.burst),
            concurrent_requests: own(given.concurrent_requests),
            request_timeout_ms: own(given.request_timeout_ms),
            statement_timeout_ms: own(given.statement_timeout_ms),
            request_body_bytes: own(given.request_body_bytes),
            response_body_bytes: own(given.response_body_bytes),
        }
    }
}

#[expect(clippy::option_option, reason = "as a request has it")]
fn own<const MAX: i64>(given: Option<Option<Integer<1, MAX>>>) -> Override {
    // A number from 1 is not zero.
    given
        .map(|given| given.and_then(|number| NonZeroU32::new(number.into())))
        .into()
}

/// The limits in a response.
pub(crate) fn shown(limits: RequestLimits) -> admin_types::RequestLimits {
    let number = |limit: Option<NonZeroU32>| limit.map(NonZeroU32::get);
    admin_types::RequestLimits {
        requests_per_second: number(limits.requests_per_second),
        burst: number(limits.burst),
        concurrent_requests: number(limits.concurrent_requests),
        request_timeout_ms: number(limits.request_timeout_ms),
        statement_timeout_ms: number(limits.statement_timeout_ms),
        request_body_bytes: number(limits.request_body_bytes),
        response_body_bytes: number(limits.response_body_bytes),
    }
}

/// The overrides in a response, without those limits that are the plan's.
pub(crate) fn shown_overrides(overrides: &Overrides) -> std::collections::BTreeMap<String, Option<u32>> {
    let named = [
        ("requests_per_second", overrides.requests_per_second),
        ("burst", overrides.burst),
        ("concurrent_requests", overrides.concurrent_requests),
        ("request_timeout_ms", overrides.request_timeout_ms),
        ("statement_timeout_ms", overrides.statement_timeout_ms),
        ("request_body_bytes", overrides.request_body_bytes),
        ("response_body_bytes", overrides.response_body_bytes),
    ];
    let shown = named.into_iter().filter_map(|(name, own)| match own {
        Override::Plan => None,
        Override::Unlimited => Some((name.to_owned(), None)),
        Override::Limit(limit) => Some((name.to_owned(), Some(limit.get()))),
    });
    shown.collect()
}
