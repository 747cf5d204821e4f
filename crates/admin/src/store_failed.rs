//! A failure of the control store, as a client is told of it.

use control_plane::StoreError;
use web::{Code, Problem};

/// What a client is told when the control store fails.
pub(crate) fn store_failed(error: StoreError) -> Problem {
    let code = match error {
        StoreError::Postgres(_) => Code::ControlStoreDown,
        StoreError::Invalid(_) | StoreError::Interrupted => Code::Internal,
    };
    Problem::new(code).caused_by(error)
}
