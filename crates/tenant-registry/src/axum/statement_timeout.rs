//! A request's own limit of time for each of its statements.

use std::time::Duration;

use ::axum::extract::Request;

/// The time that each statement of a request may take. A layer in front of [`ResolveTenant`](super::ResolveTenant) puts it
/// into the request's extensions; [`TenantDb::statement_timeout`](crate::TenantDb::statement_timeout) says what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementTimeout(pub Duration);

impl StatementTimeout {
    pub(super) fn of(request: &Request) -> Option<Duration> {
        request.extensions().get().map(|Self(limit)| *limit)
    }
}
