//! What the audit log keeps: who did what to whom, when, from where, and what changed by it. Never a secret.

use serde::Serialize;
use tenant_registry::TenantId;

use crate::actor::Actor;
use crate::json::JsonText;

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done, or is committed and will be.
    Done,
    /// It was not allowed, or not possible as things stood.
    Refused,
    /// It was tried and failed.
    Failed,
}

impl Outcome {
    /// As it stands in the store and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// One entry, to be written.
#[derive(Debug, Clone)]
pub struct AuditEntry<'a> {
    /// Who.
    pub actor: &'a Actor,
    /// What, such as `tenant.suspend`.
    pub action: &'a str,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused or failed, as the caller was told it.
    pub code: Option<&'a str>,
    /// To which tenant.
    pub tenant: Option<TenantId>,
    /// To what else, such as an API key's id.
    pub target: Option<String>,
    /// How it was, without secrets.
    pub before: Option<JsonText>,
    /// How it is since, without secrets.
    pub after: Option<JsonText>,
}

impl<'a> AuditEntry<'a> {
    /// Something that was done.
    pub fn done(actor: &'a Actor, action: &'a str) -> Self {
        Self {
            actor,
            action,
            outcome: Outcome::Done,
            code: None,
            tenant: None,
            target: None,
            before: None,
            after: None,
        }
    }

    /// Done to this tenant.
    #[must_use]
    pub fn tenant(self, tenant: TenantId) -> Self {
        Self {
            tenant: Some(tenant),
            ..self
        }
    }

    /// Done to this.
    #[must_use]
    pub fn target(self, target: impl Into<String>) -> Self {
        Self {
            target: Some(target.into()),
            ..self
        }
    }

    /// What changed by it.
    #[must_use]
    pub fn changed(self, before: Option<JsonText>, after: Option<JsonText>) -> Self {
        Self {
            before,
            after,
            ..self
        }
    }
}
