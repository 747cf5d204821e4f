//! JSON Web Tokens: callers whom an identity provider names.
//!
//! `Authorization: Bearer eyJ…`, exactly once, beside API keys. The token says which tenant the request is for, as a key
//! does. [`Tokens`] is all that this plane needs to know of issuers.

mod verify;

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use tenant_registry::TenantId;

pub(crate) use verify::VerifyToken;

/// A verification that may wait for the issuer's keys.
pub type Verification<'a> = Pin<Box<dyn Future<Output = Result<AcceptedToken, TokenRejection>> + Send + 'a>>;

/// Verification of tokens.
pub trait Tokens: fmt::Debug + Send + Sync + 'static {
    /// Verifies a token as a caller presents it. Takes microseconds for one seen lately, and waits for seconds at most.
    fn verify<'a>(&'a self, presented: &'a str) -> Verification<'a>;
}

/// A token that is valid now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedToken {
    /// Its issuer, for logs.
    pub issuer: Arc<str>,
    /// Its subject, for logs.
    pub subject: Option<Arc<str>>,
    /// The tenant that it names.
    pub tenant: TenantId,
    /// Whether it may read.
    pub reads: bool,
    /// Whether it may create, change and delete.
    pub writes: bool,
}

/// Why a token is not accepted. Its text is for the log, and has nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenRejection {
    /// It is not valid here.
    #[error("token refused: {reason}{}", of(issuer.as_deref()))]
    Invalid {
        /// A stable word.
        reason: &'static str,
        /// The configured issuer that the token claims, if it claims one.
        issuer: Option<Arc<str>>,
    },
    /// It may be valid; the issuer's keys are not known for now.
    #[error("token not verified: the keys are unavailable{}", of(issuer.as_deref()))]
    KeysUnavailable {
        /// The issuer.
        issuer: Option<Arc<str>>,
    },
}

fn of(issuer: Option<&str>) -> String {
    issuer.map_or_else(String::new, |issuer| format!(" (issuer {issuer})"))
}
