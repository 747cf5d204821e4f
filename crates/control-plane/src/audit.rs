//! Entries of the audit log. They contain no secrets.

pub(crate) mod action;

use serde::{Deserialize, Serialize};
use tenant_registry::TenantId;

use self::action::AuditAction;
use crate::actor::Actor;
use crate::json::JsonText;

/// The outcome of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuditOutcome {
    /// It was done, or committed to be done.
    Done,
    /// It was not allowed, or not possible.
    Refused,
    /// It failed.
    Failed,
}

impl AuditOutcome {
    /// The outcome's name in the store and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// An entry to append.
#[derive(Debug, Clone)]
pub struct AuditEntry<'a> {
    /// The actor.
    pub actor: &'a Actor,
    /// What was done or tried.
    pub action: AuditAction,
    /// The outcome of an action.
    pub outcome: AuditOutcome,
    /// The code of the refusal or failure that the caller received.
    pub code: Option<&'a str>,
    /// The tenant concerned.
    pub tenant: Option<TenantId>,
    /// Another object concerned, such as an API key's id.
    pub target: Option<String>,
    /// The state before, without secrets.
    pub before: Option<JsonText>,
    /// The state after, without secrets.
    pub after: Option<JsonText>,
}

impl<'a> AuditEntry<'a> {
    /// An entry for an action that was done.
    pub fn done(actor: &'a Actor, action: AuditAction) -> Self {
        Self {
            actor,
            action,
            outcome: AuditOutcome::Done,
            code: None,
            tenant: None,
            target: None,
            before: None,
            after: None,
        }
    }

    /// The same entry, concerning this tenant.
    #[must_use]
    pub fn tenant(self, tenant: TenantId) -> Self {
        Self {
            tenant: Some(tenant),
            ..self
        }
    }

    /// The same entry, concerning this object.
    #[must_use]
    pub fn target(self, target: impl Into<String>) -> Self {
        Self {
            target: Some(target.into()),
            ..self
        }
    }

    /// The same entry, with the states before and after.
    #[must_use]
    pub fn changed(self, before: Option<JsonText>, after: Option<JsonText>) -> Self {
        Self {
            before,
            after,
            ..self
        }
    }
}
