//! What a client is told when its tenant's database fails.

use tenant_registry::Failure;
use web::{Code, Problem};

/// The problem for a failed query, by the kind of its failure. A function and not a `From`, so that no `?` turns
/// an error into an answer unseen.
pub fn database(error: sqlx::Error) -> Problem {
    let code = match Failure::of(&error) {
        Failure::PoolBusy => Code::PoolBusy,
        Failure::BudgetSpent | Failure::ServerFull => Code::ClusterBusy,
        Failure::Unreachable | Failure::LoginRefused | Failure::PoolClosed => Code::TenantDbDown,
        Failure::PasswordRefused => Code::TenantLockedOut,
        Failure::Unavailable | Failure::Outdated => Code::TenantDbUnavailable,
        Failure::ConnectionLost => Code::ConnectionLost,
        Failure::StatementTimeout => Code::StatementTimeout,
        Failure::Conflict => Code::Conflict,
        Failure::Other => Code::Internal,
    };
    // Where waiting does not help, none is advised.
    let problem = match Failure::retry_after(&error).filter(|_| code.retry_after().is_some()) {
        Some(wait) => Problem::new(code).retry_after(wait),
        None => Problem::new(code),
    };
    match error {
        // sqlx's name for a cause that is not its own; for whoever reads the log it says nothing.
        sqlx::Error::Configuration(cause) => problem.caused_by(cause),
        error => problem.caused_by(error),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::response::IntoResponse as _;
    use tenant_registry::{BudgetSpent, ConnectFailure, LoginBackoff};

    use super::*;

    #[test]
    fn the_kind_decides_and_the_cause_stays_inside() {
        let io = || std::io::Error::other("10.0.0.7 said no");
        for (error, code) in [
            (sqlx::Error::PoolTimedOut, Code::PoolBusy),
            (sqlx::Error::Io(io()), Code::ConnectionLost),
            (sqlx::Error::PoolClosed, Code::TenantDbDown),
            (sqlx::Error::RowNotFound, Code::Internal),
        ] {
            let problem = database(error);
            assert_eq!(problem.code(), code);
            assert!(!format!("{problem:?}").contains("10.0.0.7"));
        }
    }

    #[test]
    fn who_has_to_wait_is_told_how_long() {
        let spent = |millis| BudgetSpent {
            retry_after: Duration::from_millis(millis),
        };
        let backoff = LoginBackoff {
            cause: ConnectFailure::from(sqlx::Error::Io(std::io::ErrorKind::ConnectionRefused.into())),
            retry_after: Duration::from_millis(2_100),
        };
        for (error, code, seconds) in [
            (
                sqlx::Error::Configuration(spent(3_200).into()),
                Code::ClusterBusy,
                "4",
            ),
            (
                sqlx::Error::Configuration(spent(0).into()),
                Code::ClusterBusy,
                "1",
            ),
            (
                sqlx::Error::Configuration(backoff.into()),
                Code::TenantDbDown,
                "3",
            ),
            (sqlx::Error::PoolTimedOut, Code::PoolBusy, "1"),
        ] {
            let problem = database(error);
            assert_eq!(problem.code(), code);
            assert_eq!(problem.into_response().headers()["retry-after"], seconds);
        }
    }
}
