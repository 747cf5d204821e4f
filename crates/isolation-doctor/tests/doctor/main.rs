//! The doctor against a real PostgreSQL: every deliberate defect is found, and its remedy corrects it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a failed step fails the test, and figures are printed"
)]

mod host_based;
mod lint;
mod mutants;
mod probe;
mod read_only;
mod test_cluster;
