//! Plain pools against a real PostgreSQL, as tenants under row level security.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod engine;
#[path = "../suite/every_pool.rs"]
mod suite;
