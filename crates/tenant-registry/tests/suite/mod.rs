//! Tests that every engine must pass.

mod cancellation;
mod failures;
mod neighbours;
mod outdated;
mod pools;
mod sessions;
pub(crate) mod support;
mod transactions;
mod unavailable;
