//! The service over HTTP, against a real PostgreSQL, with logins that have no power.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "a failed step fails the test"
)]

mod admin;
mod admin_tokens;
mod api_keys;
mod attacks;
mod audit;
mod budget;
mod changes;
mod command;
mod commands_page;
mod compression;
mod doctor;
mod faults;
mod front_door;
mod generated;
mod idempotency;
mod isolation_page;
mod jwt;
mod killed;
mod limits;
mod listeners;
mod locked_out;
mod migrated_beside;
mod moments;
mod openapi;
mod operating_page;
mod paging;
mod plans;
mod pools;
mod production_page;
mod read_only;
mod retention;
mod security_page;
mod strangers;
mod support;
mod tenant_header;
mod tenants;
mod unavailable;
mod users;
mod warm_up;
mod watchdog;
