//! What leads a tenant from one state of its life to the next, in steps that can each be done again.

use pg_timestamp::Timestamp;
use serde::Serialize;
use tenant_registry::TenantId;
use uuid::Uuid;

/// Work on a tenant that goes on until it is done, whoever asked for it and whatever happens to them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// Its id.
    pub id: Uuid,
    /// On which tenant.
    pub tenant: TenantId,
    /// What it does.
    pub kind: OperationKind,
    /// How it stands.
    pub state: OperationState,
    /// How many of its [`steps`](OperationKind::steps) are behind it.
    pub steps_done: usize,
    /// How many rows a purge has removed.
    pub rows_removed: i64,
    /// How often in a row the step that it is at has failed.
    pub attempts: i32,
    /// Why that step failed last, if it did.
    pub last_error: Option<String>,
    /// When that step is tried again, or was tried first.
    pub due_at: Timestamp,
    /// Who asked for it.
    pub actor: String,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When something of it was done last.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

impl Operation {
    /// The step that it is at; `None` when it has ended.
    pub fn step(&self) -> Option<Step> {
        match self.state {
            OperationState::Running => self.kind.steps().get(self.steps_done).copied(),
            OperationState::Succeeded | OperationState::Superseded => None,
        }
    }
}

/// How an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationState {
    /// It is worked on, or will be. A step that fails is tried again, without end.
    Running,
    /// All its steps are done.
    Succeeded,
    /// Another operation on the tenant came before it was through.
    Superseded,
}

impl OperationState {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Running, Self::Succeeded, Self::Superseded];

    /// As it stands in the store, in requests and in answers.
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

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// Makes a tenant's roles and has it served.
    Provision,
    /// Closes its logins and ends its sessions.
    Suspend,
    /// Opens its login and has it served again.
    Resume,
    /// Closes its logins and ends its sessions, on the way to being purged.
    Offboard,
    /// Brings back a tenant that was deleted.
    Undelete,
    /// Removes its rows, its roles and its credentials.
    Purge,
}

impl OperationKind {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Provision,
        Self::Suspend,
        Self::Resume,
        Self::Offboard,
        Self::Undelete,
        Self::Purge,
    ];

    /// As it stands in the store, in requests and in answers.
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

    /// What it does, in this order. An operation that is under way counts these: a step is only ever added to the end.
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

/// A step of an operation. Each may be done twice: whoever does it may be killed before it is noted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The roles are made in the data cluster, the login with the sealed password.
    MakeRoles,
    /// The store says that the tenant is active.
    Serve,
    /// No new session can begin.
    ForbidLogins,
    /// The sessions there are end.
    EndSessions,
    /// And those that had begun to log in and were not seen yet.
    EndLateSessions,
    /// The active login can begin sessions again.
    AllowLogin,
    /// The same where the tenant was active before it was deleted.
    AllowFormerLogin,
    /// The store says what it said before the tenant was deleted.
    Restore,
    /// The rows of the tenant go, in batches.
    RemoveRows,
    /// Its roles are dropped.
    DropRoles,
    /// Its credentials, keys, name and metadata go from the store.
    Forget,
}

impl Step {
    /// Whether it lets somebody log in.
    pub(crate) const fn opens(self) -> bool {
        matches!(self, Self::MakeRoles | Self::AllowLogin | Self::AllowFormerLogin)
    }
}
