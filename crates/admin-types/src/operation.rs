//! Operations: changes of tenants that run in steps.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Name, moment};

/// An operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant_id: Uuid,
    /// `provision`, `suspend`, `resume`, `offboard`, `undelete` or `purge`.
    pub kind: Name,
    /// `running`, `succeeded` or `superseded`.
    pub state: Name,
    /// How far it is.
    pub progress: Progress,
    /// How often its current step has failed in a row.
    pub attempts: i32,
    /// Why that step failed last.
    pub last_error: Option<String>,
    /// When that step is tried again.
    #[serde(with = "moment::option")]
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
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// The current step; `None` once the operation has ended.
    pub step: Option<Name>,
    /// Completed steps.
    pub steps_done: u64,
    /// Steps in all.
    pub steps_total: u64,
    /// Rows that a purge has removed.
    pub rows_removed: i64,
}
