//! `Prefer: respond-async` (RFC 7240 sections 2 and 4.1).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::response::Response;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use web::extract::{PREFERENCE_APPLIED, preference};
use web::openapi::{Input, Inputs};

use crate::describe::AdminPlane;

/// Longest wait for an operation, after which the response is 202 with its URL.
const MAX_WAIT: Duration = Duration::from_secs(5);

const RESPOND_ASYNC: &str = "respond-async";

/// The client's preference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Preference {
    /// Wait for the operation.
    Wait,
    /// Respond at once.
    Async,
}

impl<S: Sync> FromRequestParts<S> for Preference {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(&parts.headers))
    }
}

impl Input<AdminPlane> for Preference {
    fn describe(inputs: &mut Inputs) {
        inputs.header(
            "Prefer",
            "`respond-async`: do not wait for the operation.",
            &json!({"type": "string", "examples": [RESPOND_ASYNC]}),
        );
    }
}

impl Preference {
    fn of(headers: &HeaderMap) -> Self {
        match preference(headers, RESPOND_ASYNC).as_deref() {
            Some("") => Self::Async,
            _ => Self::Wait,
        }
    }

    /// Longest wait for this client.
    pub(super) const fn max_wait(self) -> Duration {
        match self {
            Self::Wait => MAX_WAIT,
            Self::Async => Duration::ZERO,
        }
    }

    /// Adds `Preference-Applied` where the preference had an effect.
    pub(super) fn applied(self, mut response: Response) -> Response {
        if self == Self::Async && response.status() == StatusCode::ACCEPTED {
            let applied = HeaderValue::from_static(RESPOND_ASYNC);
            response.headers_mut().insert(PREFERENCE_APPLIED, applied);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_async(values: &[&'static str]) -> bool {
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        let headers: HeaderMap = values
            .map(|value| (http::HeaderName::from_static("prefer"), value))
            .collect();
        Preference::of(&headers) == Preference::Async
    }

    #[test]
    fn respond_async_is_found_in_any_header_and_not_in_a_quoted_value() {
        for values in [
            &["respond-async"][..],
            &["Respond-Async; x=1"],
            &["wait=10, respond-async"],
            &["wait=10", "respond-async;x=\"a,b\""],
            &["foo=\"a\\\",b\", respond-async=\"\""],
        ] {
            assert!(is_async(values), "{values:?}");
        }
        for values in [
            &[][..],
            &["respond-asynchronously"],
            &["foo=\"a,respond-async,b\""],
            &["foo=\"a\\\",respond-async,b\""],
            &["foo; respond-async"],
            &["respond-async=no"],
        ] {
            assert!(!is_async(values), "{values:?}");
        }
    }
}
