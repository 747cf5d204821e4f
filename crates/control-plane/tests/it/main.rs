//! The control plane against a real PostgreSQL, with logins that have no power.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod activity;
mod audit;
mod authorities;
mod changes;
mod clusters;
mod creation;
mod dropped_logins;
mod ended_sessions;
mod fixed_logins;
mod fixed_roles;
mod grants;
mod hardening;
mod idempotency;
mod identity;
mod isolate;
mod lifecycle;
mod login_limits;
mod migrations;
mod notices;
mod rows;
mod secrets;
mod sessions;
mod side_channels;
mod support;
mod tenants;
mod watchdog;
