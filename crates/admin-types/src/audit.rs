//! The audit log.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::moment;

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Counts up, in about the order of time.
    pub id: i64,
    /// When it was written.
    #[serde(with = "moment")]
    pub at: OffsetDateTime,
    /// A token's name, or a part of the service.
    pub actor: String,
    /// The token's id; `None` for the configured one and for the service.
    pub token_id: Option<Uuid>,
    /// The role by which it was done.
    pub role: Option<String>,
    /// The address of the caller.
    pub source: Option<String>,
    /// The request.
    pub request_id: Option<String>,
    /// What was done or tried.
    pub action: String,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    /// The code that the caller was given.
    pub code: Option<String>,
    /// The tenant.
    pub tenant_id: Option<Uuid>,
    /// What else it was done to.
    pub target: Option<String>,
    /// How it was before.
    pub before: Option<Box<RawValue>>,
    /// How it is since.
    pub after: Option<Box<RawValue>>,
}

impl AuditEntry {
    /// The outcomes that this version knows.
    pub const OUTCOMES: [&str; 3] = ["done", "refused", "failed"];
}
