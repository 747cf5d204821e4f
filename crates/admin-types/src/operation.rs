//! Operations: changes of tenants that run in steps.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Name, moment};

/// An operation.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "019b2c1e-58a0-7d41-9c0e-2b7f0d9a6c11",
    "tenant_id": "019b2c1d-0b52-7a0e-8f3b-6f5c1f6f2a10",
    "kind": "purge",
    "state": "running",
    "progress": {"step": "delete_rows", "steps_done": 2, "steps_total": 5, "rows_removed": 15_000},
    "attempts": 0,
    "last_error": null,
    "next_attempt_at": null,
    "actor": "ops",
    "created_at": "2026-11-30T16:02:55.573939Z",
    "updated_at": "2026-11-30T16:02:57.118204Z",
    "finished_at": null,
}))]
pub struct Operation {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant_id: Uuid,
    /// `provision`, `suspend`, `resume`, `offboard`, `undelete` or `purge`.
    #[schema(value_type = String)]
    pub kind: Name,
    /// `running`, `succeeded` or `superseded`.
    #[schema(value_type = String)]
    pub state: Name,
    /// How far it is.
    pub progress: Progress,
    /// How often its current step has failed in a row.
    pub attempts: i32,
    /// Why that step failed last.
    #[schema(required)]
    pub last_error: Option<String>,
    /// When that step is tried again.
    #[serde(with = "moment::option")]
    #[schema(required)]
    pub next_attempt_at: Option<OffsetDateTime>,
    /// Who asked for it.
    pub actor: String,
    /// When it began.
    #[serde(with = "moment")]
    pub created_at: OffsetDateTime,
    /// When it went on last.
    #[serde(with = "moment")]
    pub updated_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "moment::option")]
    #[schema(required)]
    pub finished_at: Option<OffsetDateTime>,
}

impl Operation {
    /// The states that this version knows.
    pub const STATES: [&str; 3] = ["running", Self::SUCCEEDED, Self::SUPERSEDED];
    /// The kinds that this version knows.
    pub const KINDS: [&str; 6] = ["provision", "suspend", "resume", "offboard", "undelete", "purge"];
    /// The state of one that was completed.
    pub const SUCCEEDED: &str = "succeeded";
    /// The state of one that another took the place of.
    pub const SUPERSEDED: &str = "superseded";
}

/// How far an operation is.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// The current step; `null` once the operation has ended.
    #[schema(value_type = Option<String>, required)]
    pub step: Option<Name>,
    /// Completed steps.
    pub steps_done: u64,
    /// Steps in all.
    pub steps_total: u64,
    /// Rows that a purge has removed.
    pub rows_removed: i64,
}
