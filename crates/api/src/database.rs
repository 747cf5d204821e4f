//! Problem responses for failures of a tenant's database.

use tenant_registry::Failure;
use web::{Code, Problem};

use crate::codes;

/// The problem for a failed query, by the kind of its failure. A function and not a `From`, so that no `?` turns
/// an error into an answer unseen.
pub fn database(error: impl Into<sqlx::Error>) -> Problem {
    let error = error.into();
    let code = match Failure::of(&error) {
        Failure::PoolBusy => codes::POOL_BUSY,
        Failure::BudgetSpent | Failure::ServerFull => codes::CLUSTER_BUSY,
        Failure::Unreachable | Failure::LoginRefused | Failure::PoolClosed => codes::TENANT_DB_DOWN,
        Failure::LockedOut => codes::TENANT_LOCKED_OUT,
        Failure::NotIsolated => codes::NOT_ISOLATED,
        Failure::Unavailable | Failure::Outdated => codes::TENANT_DB_UNAVAILABLE,
        Failure::ConnectionLost => codes::CONNECTION_LOST,
        Failure::StatementTimeout => codes::STATEMENT_TIMEOUT,
        Failure::Conflict => Code::Conflict,
        Failure::Other => Code::Internal,
    };
    let problem = match Failure::retry_after(&error) {
        // Of one tenant: the examinations that the service repeats by itself do not change it.
        _ if code == codes::NOT_ISOLATED => Problem::new(code).without_retry_after(),
        // `Retry-After` only where waiting helps.
        Some(wait) if code.retry_after().is_some() => Problem::new(code).retry_after(wait),
        _ => Problem::new(code),
    };
    match error {
        // sqlx's wrapper for errors that are not its own; it would add nothing to the log.
        sqlx::Error::Configuration(cause) => problem.caused_by(cause),
        error => problem.caused_by(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::response::IntoResponse as _;
    use tenant_registry::{ConnectFailure, Refusal};

    use super::*;

    #[test]
    fn the_kind_decides_and_the_cause_stays_inside() {
        let io = || std::io::Error::other("10.0.0.7 said no");
        for (error, code) in [
            (sqlx::Error::PoolTimedOut, codes::POOL_BUSY),
            (sqlx::Error::Io(io()), codes::CONNECTION_LOST),
            (sqlx::Error::PoolClosed, codes::TENANT_DB_DOWN),
            (sqlx::Error::RowNotFound, Code::Internal),
        ] {
            let problem = database(error);
            assert_eq!(problem.code(), code);
            assert!(!format!("{problem:?}").contains("10.0.0.7"));
        }
    }

    #[test]
    fn a_retryable_failure_has_a_retry_after() {
        let spent = |millis| Refusal::BudgetSpent {
            retry_after: Duration::from_millis(millis),
        };
        let backoff = Refusal::login_failed(
            ConnectFailure::from(sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into())),
            Duration::from_millis(2_100),
        );
        for (error, code, seconds) in [
            (spent(3_200), codes::CLUSTER_BUSY, "4"),
            (spent(0), codes::CLUSTER_BUSY, "1"),
            (backoff, codes::TENANT_DB_DOWN, "3"),
            (Refusal::PoolBusy, codes::POOL_BUSY, "1"),
        ] {
            let problem = database(error);
            assert_eq!(problem.code(), code);
            assert_eq!(problem.into_response().headers()["retry-after"], seconds);
        }
    }
}
