//! The tenant plane: who is calling, the layer that resolves the tenant, and the resources.
//!
//! The way of a request, in the order of the files: [`plane()`] routes it, [`network`], [`api_key`] or [`jwt`] lets it in,
//! [`limits`] holds it to its tenant's limits, [`tenant`] leases that tenant's pool, and a resource such as [`users`] runs
//! plain SQL on it. A handler gets its tenant's database by [`Db`] and cannot name another's.

pub mod api_key;
pub mod codes;
pub mod cursors;
pub mod database;
pub mod describe;
mod idempotency;
pub mod jwt;
pub mod limits;
pub mod network;
pub mod plane;
pub mod tenant;
pub mod users;
pub mod ways;

pub use api_key::{API_KEY_PREFIX, AcceptedKey, ApiKeys, KeyRejection};
pub use cursors::Cursors;
pub use jwt::{AcceptedToken, TokenRejection, Tokens};
pub use limits::{Admission, TenantLimits, TenantPlans};
pub use network::TrustedNetworks;
pub use plane::{TenantRegistry, document, plane};
pub use tenant::{Db, TenantHosts, Transaction};
pub use ways::{Credentials, Ways};
