//! Errors of a tenant's request, and the status that each becomes.

use std::time::Duration;

use ::axum::http::{HeaderValue, StatusCode, header};
use ::axum::response::{IntoResponse, Response};
use pg_session::{Failure, Refusal};

use crate::error::LeaseError;
use crate::source::SourceError;

/// How a service renders errors of the layer and of the extractors.
pub type Respond = fn(TenantError) -> Response;

/// Why a tenant's request fails before its handler, or in a query of its handler's.
///
/// As a response it is a status, `Retry-After` where waiting helps and the time is known, and a text without internals.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenantError {
    /// The tenant cannot be leased.
    #[error(transparent)]
    Lease(#[from] LeaseError),
    /// There is no connection, or no transaction on it.
    #[error(transparent)]
    Connection(#[from] Refusal),
    /// A query failed.
    #[error("the query failed")]
    Query(#[from] sqlx::Error),
    /// The handler's route is not behind [`ResolveTenant`](super::ResolveTenant).
    #[error("the route is not behind ResolveTenant")]
    NotResolved,
}

impl TenantError {
    /// The status for it.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Lease(error) => of_lease(error),
            Self::Connection(refusal) => of_failure(refusal.failure()),
            Self::Query(error) => of_failure(Failure::of(error)),
            Self::NotResolved => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// How long to wait before asking again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Lease(error) => error.retry_after(),
            Self::Connection(refusal) => refusal.retry_after(),
            Self::Query(error) => Failure::retry_after(error),
            Self::NotResolved => None,
        }
    }
}

fn of_lease(error: &LeaseError) -> StatusCode {
    match error {
        LeaseError::Source { error, .. } => match error {
            SourceError::Unknown => StatusCode::NOT_FOUND,
            SourceError::Suspended => StatusCode::FORBIDDEN,
            SourceError::Unusable(_) => StatusCode::INTERNAL_SERVER_ERROR,
            SourceError::NotReady | SourceError::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        },
        LeaseError::Busy { .. } | LeaseError::Overloaded | LeaseError::ShuttingDown => {
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

fn of_failure(failure: Failure) -> StatusCode {
    match failure {
        Failure::PoolBusy => StatusCode::TOO_MANY_REQUESTS,
        Failure::BudgetSpent
        | Failure::ServerFull
        | Failure::Unreachable
        | Failure::LoginRefused
        | Failure::NotIsolated
        | Failure::PoolClosed
        | Failure::Unavailable
        | Failure::Outdated => StatusCode::SERVICE_UNAVAILABLE,
        Failure::ConnectionLost | Failure::StatementTimeout => StatusCode::GATEWAY_TIMEOUT,
        Failure::Conflict => StatusCode::CONFLICT,
        Failure::LockedOut => StatusCode::FORBIDDEN,
        Failure::Other => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl IntoResponse for TenantError {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::warn!(
                status = status.as_u16(),
                error = &self as &dyn std::error::Error,
                "tenant request failed"
            );
        }
        let text = status.canonical_reason().unwrap_or_default();
        let mut response = (status, text).into_response();
        let may_help = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::GATEWAY_TIMEOUT,
        ];
        if let Some(wait) = self.retry_after().filter(|_| may_help.contains(&status)) {
            // In whole seconds, and never too early.
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            let seconds = HeaderValue::from(seconds.max(1));
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use pg_session::ConnectFailure;

    use super::*;

    #[test]
    fn each_refusal_has_its_status_and_no_internals() {
        let refused = || ConnectFailure::from(sqlx::Error::Io(std::io::Error::other("10.0.0.7 said no")));
        let wait = Duration::from_millis(2_100);
        let spent = Refusal::BudgetSpent { retry_after: wait };
        let queried = sqlx::Error::from(Refusal::login_failed(refused(), wait));
        for (error, status, seconds) in [
            (TenantError::from(Refusal::PoolBusy), 429, None),
            (spent.into(), 503, Some("3")),
            (Refusal::from(refused()).into(), 503, None),
            (queried.into(), 503, Some("3")),
            (LeaseError::ShuttingDown.into(), 503, None),
            (
                LeaseError::Busy {
                    retry_after: Duration::ZERO,
                }
                .into(),
                503,
                Some("1"),
            ),
            (sqlx::Error::RowNotFound.into(), 500, None),
            (TenantError::NotResolved, 500, None),
        ] {
            let response = error.into_response();
            assert_eq!(response.status(), status);
            let wait = response.headers().get(header::RETRY_AFTER);
            assert_eq!(wait.map(|wait| wait.to_str().unwrap()), seconds);
        }
    }

    #[test]
    fn a_source_says_whether_the_tenant_exists() {
        let source = |error| LeaseError::Source {
            error,
            retry_after: None,
        };
        for (error, status) in [
            (SourceError::Unknown, 404),
            (SourceError::Suspended, 403),
            (SourceError::NotReady, 503),
            (SourceError::unavailable(std::fmt::Error), 503),
            (SourceError::unusable(std::fmt::Error), 500),
        ] {
            assert_eq!(TenantError::from(source(error)).status(), status);
        }
    }
}
