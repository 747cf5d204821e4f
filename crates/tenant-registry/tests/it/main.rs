//! The registry's pools against a real PostgreSQL, as tenants under row level security.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod cancellation;
mod failures;
mod neighbours;
mod pools;
mod sessions;
mod support;
mod transactions;
