//! Budgeted pools against a real PostgreSQL, as tenants under row level security: all that plain pools do, and the
//! budget.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod bare;
mod breaker;
mod bypass;
mod cap;
mod credentials;
mod dead_sockets;
mod ending;
mod engine;
mod fairness;
mod full_server;
mod leaving;
mod leftovers;
mod model;
mod panics;
mod refused_sessions;
mod restart;
mod silent_pool;
#[path = "../suite/mod.rs"]
mod suite;
mod town;
mod watchdog;
