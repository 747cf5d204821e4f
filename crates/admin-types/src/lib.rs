//! DTOs of the admin plane: what the service answers and its command line reads.
//!
//! Names out of a set that may grow, such as states and kinds, are [`Name`]s: a command line reads what a newer service
//! says. For the same reason a field that is added later is an `Option` with `#[serde(default)]`. JSON of the operators'
//! own is a [`RawValue`](serde_json::value::RawValue): however deep or long it is, it is read with the rest.

mod api_key;
mod audit;
mod examination;
mod issuer;
mod moment;
mod operation;
mod page;
mod plan;
mod pool;
mod tenant;
mod token;

use std::borrow::Cow;

pub use api_key::{ApiKey, CreatedApiKey};
pub use audit::AuditEntry;
pub use examination::{Examination, Finding, Probed};
pub use issuer::Issuer;
pub use moment::rfc3339;
pub use operation::{Operation, Progress};
pub use page::Page;
pub use plan::{Plan, RequestLimits};
pub use pool::{Budget, Pool, PoolTotals, PoolTrouble, Pools};
pub use tenant::{LoginFault, Tenant};
pub use token::{AdminToken, CreatedAdminToken};

/// A name out of a set that may grow.
pub type Name = Cow<'static, str>;
