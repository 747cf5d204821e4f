//! What a client is told when its tenant cannot be leased.

use tenant_registry::{LeaseError, SourceError};
use web::{Code, Problem};

/// The problem for this error.
pub(super) fn refuse(error: LeaseError) -> Problem {
    match &error {
        LeaseError::Source { error: source, .. } => match source {
            SourceError::Unknown => Code::TenantUnknown.into(),
            SourceError::Suspended => Code::TenantSuspended.into(),
            SourceError::NotReady => Code::TenantNotReady.into(),
            SourceError::Unavailable(_) => soon(Code::ControlStoreDown, error),
            SourceError::Unusable(_) => Problem::internal(error),
        },
        LeaseError::Busy { .. } => soon(Code::ClusterBusy, error)
            .detail("Too many tenants are looked up at once. Retry after the time in Retry-After."),
        LeaseError::ShuttingDown => Code::ShuttingDown.into(),
        LeaseError::Overloaded => Problem::new(Code::ClusterBusy).caused_by(error),
    }
}

/// What passes by itself, with the time for it where the error knows one.
fn soon(code: Code, error: LeaseError) -> Problem {
    let problem = match error.retry_after() {
        Some(wait) => Problem::new(code).retry_after(wait),
        None => Problem::new(code),
    };
    problem.caused_by(error)
}
