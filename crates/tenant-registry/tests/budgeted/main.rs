//! Budgeted pools against a real PostgreSQL, as tenants under row level security: the suite of all pools, and tests
//! of the budget.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod bare_cluster;
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
mod other_budgets;
mod panics;
mod refused_sessions;
mod restart;
mod silent_pool;
#[path = "../suite/every_pool.rs"]
mod suite;
mod test_cluster;
mod watchdog;
