//! The audit log.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::moment;

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": 4711,
    "at": "2026-11-30T16:02:55.573939Z",
    "actor": "ops",
    "token_id": "019b2c1e-58a0-7d41-9c0e-2b7f0d9a6c11",
    "role": "operator",
    "source": "10.0.0.7",
    "request_id": "01a20771-3b21-7028-b138-af92773bb65a",
    "action": "tenant.suspend",
    "outcome": "done",
    "code": null,
    "tenant_id": "019b2c1d-0b52-7a0e-8f3b-6f5c1f6f2a10",
    "target": null,
    "before": {"state": "active"},
    "after": {"state": "suspended"},
}))]
pub struct AuditEntry {
    /// Counts up, in about the order of time.
    pub id: i64,
    /// When it was written.
    #[serde(with = "moment")]
    pub at: OffsetDateTime,
    /// A token's name, or a part of the service.
    pub actor: String,
    /// The token's id; `null` for the configured one and for the service.
    #[schema(required)]
    pub token_id: Option<Uuid>,
    /// The role by which it was done.
    #[schema(required)]
    pub role: Option<String>,
    /// The address of the caller.
    #[schema(required)]
    pub source: Option<String>,
    /// The request.
    #[schema(required)]
    pub request_id: Option<String>,
    /// What was done or tried.
    pub action: String,
    /// `done`, `refused` or `failed`.
    pub outcome: String,
    /// The code that the caller was given.
    #[schema(required)]
    pub code: Option<String>,
    /// The tenant.
    #[schema(required)]
    pub tenant_id: Option<Uuid>,
    /// What else it was done to.
    #[schema(required)]
    pub target: Option<String>,
    /// How it was before.
    #[schema(value_type = Option<Object>, required)]
    pub before: Option<Box<RawValue>>,
    /// How it is since.
    #[schema(value_type = Option<Object>, required)]
    pub after: Option<Box<RawValue>>,
}

impl AuditEntry {
    /// The outcomes that this version knows.
    pub const OUTCOMES: [&str; 3] = ["done", "refused", "failed"];
}
