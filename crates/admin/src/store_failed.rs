//! A failure of the control store, as a client is told of it.

use control_plane::StoreError;
use tenant_registry::Failure;
use web::{Code, Problem};

const LACKING: &str = "The store of tenants takes no changes for now, or has closed the session: it is read-only, or lacks \
    disk space, memory or locks. Retry after the time in Retry-After.";

/// What a client is told when the control store fails.
pub(crate) fn store_failed(error: StoreError) -> Problem {
    let problem = match error.failure() {
        // A defect of ours: waiting mends nothing.
        Failure::Other => Code::Internal.into(),
        Failure::Unavailable => Problem::new(Code::ControlStoreDown).detail(LACKING),
        _ => Problem::new(Code::ControlStoreDown),
    };
    let problem = match error.retry_after() {
        Some(wait) => problem.retry_after(wait),
        None => problem,
    };
    problem.caused_by(error)
}
