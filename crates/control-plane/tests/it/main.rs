//! The control plane against a real PostgreSQL, with logins that have no power.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod tenants;
