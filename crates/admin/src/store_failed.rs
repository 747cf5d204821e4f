//! Problem responses for failures of the control store.

use control_plane::StoreError;
use tenant_registry::Failure;
use web::{Code, Problem};

use crate::codes;

const LACKING: &str = "The store of tenants takes no changes for now, or has closed the session: it is read-only, or lacks \
    disk space, memory or locks. Retry after the time in Retry-After.";

/// The response to a failure of the control store.
pub(crate) fn store_failed(error: StoreError) -> Problem {
    let problem = match error.failure() {
        // A defect of this service: a retry does not help.
        Failure::Other => Code::Internal.into(),
        Failure::Unavailable => Problem::new(codes::CONTROL_STORE_DOWN).detail(LACKING),
        _ => Problem::new(codes::CONTROL_STORE_DOWN),
    };
    let problem = match error.retry_after() {
        Some(wait) => problem.retry_after(wait),
        None => problem,
    };
    problem.caused_by(error)
}
