//! The control plane against a real PostgreSQL, with unprivileged logins.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod activity;
mod audit;
mod changes;
mod clusters;
mod creation;
mod dropped_logins;
mod ended_sessions;
mod fixed_logins;
mod grants;
mod idempotency;
mod identity;
mod isolate;
mod lifecycle;
mod login_limits;
mod notices;
mod plans;
mod pool_log;
mod rows;
mod secrets;
mod sessions;
mod side_channels;
mod support;
mod tenants;
mod watchdog;
