//! Budgeted pools against a real PostgreSQL, as tenants under row level security: all that plain pools do, and the
//! budget.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod engine;
#[path = "../suite/mod.rs"]
mod suite;
