//! Migrations, fixed roles and hardening against a real PostgreSQL.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failed step fails the test"
)]

mod authorities;
mod database_page;
mod fixed_roles;
mod hardening;
mod migrations;
