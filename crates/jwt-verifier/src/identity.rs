//! The caller that a verified token names.

use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

/// What a verified token says of its bearer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// `iss`, one of the configured issuers.
    pub issuer: Arc<str>,
    /// `sub`. Unique with the issuer only.
    pub subject: Option<String>,
    /// The tenant.
    pub tenant: Uuid,
    /// The scopes in the token's order; empty if it has none.
    pub scopes: Vec<String>,
    /// `exp`, since the Unix epoch.
    pub expires_at: Duration,
    /// The `kid` of the key that verified the token, if the key has one.
    pub key_id: Option<Arc<str>>,
}

impl Identity {
    /// Whether it has this scope.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|own| own == scope)
    }

    /// Its size in memory, in bytes and roughly.
    pub(crate) fn size(&self) -> usize {
        let scopes = self.scopes.iter().map(|scope| scope.len() + size_of::<String>());
        size_of::<Self>() + self.subject.as_ref().map_or(0, String::len) + scopes.sum::<usize>()
    }
}
