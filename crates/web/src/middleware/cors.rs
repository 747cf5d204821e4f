//! CORS for the origins that a plane allows.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::extract::{IDEMPOTENCY_REPLAYED, PREFERENCE_APPLIED};

/// How long a browser may keep the answer to a preflight.
const MAX_AGE: Duration = Duration::from_mins(10);

/// Methods of the API.
const METHODS: [Method; 6] = [
    Method::GET,
    Method::HEAD,
    Method::POST,
    Method::PUT,
    Method::PATCH,
    Method::DELETE,
];

/// Headers that a page may send, and read. Without credentials: a browser sends no cookies and no client certificate.
const SENT: [HeaderName; 8] = [
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("prefer"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("x-tenant-id"),
];
const READ: [HeaderName; 9] = [
    HeaderName::from_static("accept-patch"),
    header::ETAG,
    header::LOCATION,
    IDEMPOTENCY_REPLAYED,
    PREFERENCE_APPLIED,
    header::RETRY_AFTER,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("x-request-id"),
];

/// The layer for these origins, each in full; `None` where there are none.
pub(super) fn layer(origins: &[HeaderValue]) -> Option<CorsLayer> {
    // tower-http takes it for a mistake in a list, and panics.
    let origins = origins.iter().filter(|origin| *origin != "*");
    let origins: Vec<_> = origins.cloned().collect();
    (!origins.is_empty()).then(|| {
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods(METHODS)
            .allow_headers(SENT)
            .expose_headers(READ)
            .max_age(MAX_AGE)
    })
}
