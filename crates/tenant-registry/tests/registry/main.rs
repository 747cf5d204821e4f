//! The registry over pools and sources that are fakes: no PostgreSQL, and time mostly stands still.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod changes;
mod eviction;
mod fakes;
mod invalidation;
mod meters;
mod negative_cache;
mod outage;
mod residency_cost;
mod shutdown;
mod single_flight;
mod snapshot;
mod strangers;
mod stress;
mod warm;
