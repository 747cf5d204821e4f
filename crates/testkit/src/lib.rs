//! Databases, tenants, a client and a network that breaks, for tests.
//!
//! One PostgreSQL server for a test process, a pair of databases for each test, copied from a migrated
//! template. Tests vary tenants' ids and never the names of roles, which belong to the whole server.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up fails where it stands"
)]

#[cfg(feature = "tenants")]
mod captured_log;
#[cfg(feature = "tenants")]
mod client;
mod databases;
mod postgres;
mod proxy;
mod sql;
#[cfg(feature = "tenants")]
mod tenants;

#[cfg(feature = "tenants")]
pub use captured_log::CapturedLog;
#[cfg(feature = "tenants")]
pub use client::{Answer, Check, Client};
pub use databases::Databases;
pub use postgres::{LIMITS, TestServer};
pub use proxy::Proxy;
pub use sql::{in_store, one, run};
#[cfg(feature = "tenants")]
pub use tenants::{budgeted, envelope, tenant, tenants, unknown_tenant};
