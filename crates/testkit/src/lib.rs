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

mod databases;
mod postgres;
#[cfg(feature = "tenants")]
mod tenants;

pub use databases::Databases;
pub use postgres::TestServer;
#[cfg(feature = "tenants")]
pub use tenants::{envelope, nobody, tenant};
