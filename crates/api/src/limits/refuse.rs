//! Problems for requests above a limit.

use axum::response::{IntoResponse, Response};
use tenant_limits::{Refusal, Usage};
use web::{Code, Problem};

use super::fields;
use crate::codes;

/// A request that does not go on.
pub(super) struct Refused {
    problem: Problem,
    /// For the answer's headers.
    usage: Usage,
}

impl Refused {
    pub(super) fn new(problem: impl Into<Problem>, usage: Usage) -> Self {
        let problem = problem.into();
        Self { problem, usage }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let problem = match &refusal {
            Refusal::Rate { retry_after, .. } => Problem::new(codes::RATE_LIMITED).retry_after(*retry_after),
            Refusal::Concurrency { .. } => codes::CONCURRENCY_LIMITED.into(),
        };
        Self::new(problem, refusal.usage())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        fields::add(response.headers_mut(), &self.usage);
        response
    }
}

/// The problem of a request whose body is announced to be larger than `limit` bytes.
pub(super) fn body_too_large(limit: u64) -> Problem {
    Problem::new(Code::BodyTooLarge).detail(format!("the tenant's requests may have bodies of {limit} bytes"))
}

/// The answer in place of one whose body is larger than `limit` bytes.
pub(super) fn response_too_large(limit: u64) -> Response {
    Problem::new(codes::RESPONSE_TOO_LARGE)
        .detail(format!(
            "the answer has more than the tenant's {limit} bytes: ask for less at once, by a smaller limit or a narrower filter"
        ))
        .into_response()
}

/// The answer to a request that took longer than its tenant's may.
pub(super) fn too_slow() -> Response {
    Problem::new(Code::DeadlineExceeded).into_response()
}
