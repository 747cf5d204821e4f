//! The doctor against a real PostgreSQL: whatever is broken on purpose is found, and its remedy mends it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed step fails the test, and its figures are shown"
)]

mod attacked;
mod examined;
mod mutants;
mod world;
