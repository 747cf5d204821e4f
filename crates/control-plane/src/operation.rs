//! Operations on tenants, in steps that can be repeated.

use pg_timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use tenant_registry::TenantId;
use uuid::Uuid;

/// An operation on a tenant. It continues until it has succeeded, independent of its caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its id.
    pub id: Uuid,
    /// The tenant.
    pub tenant: TenantId,
    /// Its kind.
    pub kind: OperationKind,
    /// Its state.
    pub state: OperationState,
    /// The number of [`steps`](OperationKind::steps) that are done.
    pub steps_done: usize,
    /// The number of rows that a purge has deleted.
    pub rows_removed: i64,
    /// The number of consecutive failures of the current step.
    pub attempts: i32,
    /// The last failure of the current step.
    pub last_error: Option<String>,
    /// When the current step is due.
    pub due_at: Timestamp,
    /// The actor who requested it.
    pub actor: String,
    /// When it was requested.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Operation {
    /// The current step; `None` when it has ended.
    pub fn step(&self) -> Option<Step> {
        match self.state {
            OperationState::Running => self.kind.steps().get(self.steps_done).copied(),
            OperationState::Succeeded | OperationState::Superseded => None,
        }
    }
}

/// The state of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationState {
    /// It is running or will run. A failed step is retried without limit.
    Running,
    /// All its steps are done.
    Succeeded,
    /// Another operation on the tenant replaced it.
    Superseded,
}

impl OperationState {
    /// All values.
    pub const ALL: [Self; 3] = [Self::Running, Self::Succeeded, Self::Superseded];

    /// The name in the store, in requests and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Superseded => "superseded",
        }
    }

    /// The state of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}

/// The kind of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// Creates a tenant's roles and activates it.
    Provision,
    /// Closes its logins and ends its sessions.
    Suspend,
    /// Opens its login and activates it again.
    Resume,
    /// Closes the logins of a deleted tenant and ends its sessions.
    Offboard,
    /// Restores a deleted tenant.
    Undelete,
    /// Deletes its rows, roles and credentials.
    Purge,
}

impl OperationKind {
    /// All values.
    pub const ALL: [Self; 6] = [
        Self::Provision,
        Self::Suspend,
        Self::Resume,
        Self::Offboard,
        Self::Undelete,
        Self::Purge,
    ];

    /// The name in the store, in requests and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provision => "provision",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Offboard => "offboard",
            Self::Undelete => "undelete",
            Self::Purge => "purge",
        }
    }

    /// The kind of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Its steps, in order. Running operations store an index into this list: steps may only be appended.
    pub const fn steps(self) -> &'static [Step] {
        match self {
            Self::Provision => &[Step::MakeRoles, Step::Serve],
            Self::Suspend | Self::Offboard => &[Step::ForbidLogins, Step::EndSessions, Step::EndLateSessions],
            Self::Resume => &[Step::AllowLogin, Step::Serve],
            Self::Undelete => &[Step::AllowFormerLogin, Step::Restore],
            Self::Purge => &[
                Step::ForbidLogins,
                Step::EndSessions,
                Step::EndLateSessions,
                Step::RemoveRows,
                Step::DropRoles,
                Step::Forget,
            ],
        }
    }
}

/// A step of an operation. Each may be repeated: a process may be killed before it records the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Create the login in the data cluster, with the sealed password.
    MakeRoles,
    /// Set the tenant's state to active.
    Serve,
    /// Close the logins for new sessions.
    ForbidLogins,
    /// End all sessions.
    EndSessions,
    /// End sessions that were logging in when the logins were closed.
    EndLateSessions,
    /// Open the active login again.
    AllowLogin,
    /// Open the active login again if the tenant was active before its deletion.
    AllowFormerLogin,
    /// Restore the tenant's state before its deletion.
    Restore,
    /// Delete the tenant's rows, in batches.
    RemoveRows,
    /// Drop its roles.
    DropRoles,
    /// Delete its credentials, keys, name and metadata from the store.
    Forget,
}

impl Step {
    /// Its name in responses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MakeRoles => "make_roles",
            Self::Serve => "serve",
            Self::ForbidLogins => "forbid_logins",
            Self::EndSessions => "end_sessions",
            Self::EndLateSessions => "end_late_sessions",
            Self::AllowLogin => "allow_login",
            Self::AllowFormerLogin => "allow_former_login",
            Self::Restore => "restore",
            Self::RemoveRows => "remove_rows",
            Self::DropRoles => "drop_roles",
            Self::Forget => "forget",
        }
    }

    /// Whether the step opens a login.
    pub(crate) const fn opens_login(self) -> bool {
        matches!(self, Self::MakeRoles | Self::AllowLogin | Self::AllowFormerLogin)
    }
}
