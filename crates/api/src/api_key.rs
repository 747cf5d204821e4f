//! API keys: callers who prove themselves.
//!
//! `Authorization: Bearer tnt_key_…`, exactly once. The key says which tenant the request is for; `x-tenant-id` may repeat
//! it and cannot name another one. [`ApiKeys`] is all that this plane needs to know of keys.

mod authenticate;

use std::fmt;
use std::time::Duration;

use http::Method;
use tenant_registry::TenantId;
use uuid::Uuid;

pub(crate) use authenticate::authenticate;
pub(crate) use authenticate::invalid;

/// How every key begins. Another bearer token is a [JSON Web Token](crate::jwt), or nothing.
pub const API_KEY_PREFIX: &str = "tnt_key_";

/// Verification of keys.
pub trait ApiKeys: fmt::Debug + Send + Sync + 'static {
    /// Verifies a key as a caller presents it. Called for each request, in its task: answers from memory, in microseconds.
    ///
    /// # Errors
    /// See [`KeyRejection`].
    fn verify(&self, presented: &str) -> Result<AcceptedKey, KeyRejection>;
}

/// A key that is valid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AcceptedKey {
    /// Its id, for logs: the key cannot be derived from it.
    pub id: Uuid,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// Whether it may read.
    pub reads: bool,
    /// Whether it may create, change and delete.
    pub writes: bool,
}

/// Why a key is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRejection {
    /// There is no such key, or it is revoked or expired.
    Invalid,
    /// It may be valid; that cannot be said for now.
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
}

/// What accepted credentials allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) tenant: TenantId,
    pub(crate) reads: bool,
    pub(crate) writes: bool,
}

/// What a request needs of its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    Read,
    Write,
}

impl Scope {
    /// The scope for a method: to read for those that are safe and have a handler, to write for all others. So a route
    /// cannot be declared without one.
    pub(crate) fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD => Self::Read,
            _ => Self::Write,
        }
    }

    pub(crate) fn is_held_by(self, granted: &Granted) -> bool {
        match self {
            Self::Read => granted.reads,
            Self::Write => granted.writes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_reads_changes_nothing_and_one_that_writes_reads_nothing() {
        let key = |reads, writes| Granted {
            tenant: Uuid::nil().into(),
            reads,
            writes,
        };
        for method in [Method::GET, Method::HEAD] {
            assert!(Scope::of(&method).is_held_by(&key(true, false)), "{method}");
            assert!(!Scope::of(&method).is_held_by(&key(false, true)), "{method}");
        }
        let unknown = Method::from_bytes(b"PURGE").unwrap();
        for method in [
            Method::POST,
            Method::PUT,
            Method::PATCH,
            Method::DELETE,
            Method::OPTIONS,
            unknown,
        ] {
            assert!(Scope::of(&method).is_held_by(&key(false, true)), "{method}");
            assert!(!Scope::of(&method).is_held_by(&key(true, false)), "{method}");
        }
    }
}
