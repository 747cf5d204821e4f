//! The limits of a tenant's requests.

use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

/// The limits of a tenant's requests; `None` is no limit of the tenant's own: what the service sets for all still holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestLimits {
    /// Requests a second, in the long run.
    pub requests_per_second: Option<NonZeroU32>,
    /// The most requests at once, before the rate holds. Without one, the requests of one second.
    pub burst: Option<NonZeroU32>,
    /// Requests at the same time.
    pub concurrent_requests: Option<NonZeroU32>,
    /// From the end of a request's headers to the head of its response, in milliseconds.
    pub request_timeout_ms: Option<NonZeroU32>,
    /// How long one statement may run, in milliseconds.
    pub statement_timeout_ms: Option<NonZeroU32>,
    /// The size of a request's body, in bytes.
    pub request_body_bytes: Option<NonZeroU32>,
    /// The size of a response's body, in bytes.
    pub response_body_bytes: Option<NonZeroU32>,
}

impl RequestLimits {
    /// The range of `requests_per_second`, `burst` and `concurrent_requests`.
    pub const REQUESTS: RangeInclusive<u32> = 1..=1_000_000;
    /// The range of `request_timeout_ms` and `statement_timeout_ms`: up to an hour.
    pub const MILLISECONDS: RangeInclusive<u32> = 1..=3_600_000;
    /// The range of `request_body_bytes` and `response_body_bytes`: up to 1 GiB.
    pub const BYTES: RangeInclusive<u32> = 1..=1 << 30;

    /// [`request_timeout_ms`](Self::request_timeout_ms) as a duration.
    pub fn request_timeout(&self) -> Option<Duration> {
        self.request_timeout_ms.map(milliseconds)
    }

    /// [`statement_timeout_ms`](Self::statement_timeout_ms) as a duration.
    pub fn statement_timeout(&self) -> Option<Duration> {
        self.statement_timeout_ms.map(milliseconds)
    }
}

fn milliseconds(number: NonZeroU32) -> Duration {
    Duration::from_millis(number.get().into())
}
