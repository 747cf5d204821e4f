//! What a client is told when its tenant's database fails.

use tenant_registry::Failure;
use web::{Code, Problem};

/// The problem for a failed query, by the kind of its failure. A function and not a `From`, so that no `?` turns
/// an error into an answer unseen.
pub fn database(error: sqlx::Error) -> Problem {
    let code = match Failure::of(&error) {
        Failure::PoolBusy => Code::PoolBusy,
        Failure::ServerFull => Code::ClusterBusy,
        Failure::Unreachable | Failure::LoginRefused | Failure::PoolClosed => Code::TenantDbDown,
        Failure::ConnectionLost => Code::ConnectionLost,
        Failure::StatementTimeout => Code::StatementTimeout,
        Failure::Conflict => Code::Conflict,
        Failure::Other => Code::Internal,
    };
    let problem = Problem::new(code);
    match error {
        // sqlx's name for a cause that is not its own; for whoever reads the log it says nothing.
        sqlx::Error::Configuration(cause) => problem.caused_by(cause),
        error => problem.caused_by(error),
    }
}

#[cfg(test)]
mod tests {
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
}
