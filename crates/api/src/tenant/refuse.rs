//! What a client is told when its tenant cannot be leased.

use tenant_registry::{LeaseError, SourceError};
use web::{Code, Problem};

/// The problem for this error.
pub(super) fn refuse(error: LeaseError) -> Problem {
    match error {
        LeaseError::Source(SourceError::Unknown) => Code::TenantUnknown.into(),
        LeaseError::Source(SourceError::Suspended) => Code::TenantSuspended.into(),
        LeaseError::Source(SourceError::NotReady) => Code::TenantNotReady.into(),
        LeaseError::Source(SourceError::Unavailable(_)) => {
            Problem::new(Code::ControlStoreDown).caused_by(error)
        }
        LeaseError::Source(SourceError::Unusable(_)) => Problem::internal(error),
        LeaseError::ShuttingDown => Code::ShuttingDown.into(),
        LeaseError::Overloaded => Problem::new(Code::ClusterBusy).caused_by(error),
    }
}
