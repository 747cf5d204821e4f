//! [`Problem`]: the only error that a handler, an extractor or a layer answers with.

use std::{borrow::Cow, error::Error, fmt, sync::Arc, time::Duration};

use serde::Serialize;
use utoipa::ToSchema;

use super::{Code, in_one_line};

/// A failure on its way to a client, RFC 9457.
///
/// What the client reads is the [`Code`]'s own text and what the constructor was given for it; there is no
/// `From` for any library's error, so that nothing internal slips out with a `?`. The cause can be attached
/// with [`Problem::caused_by`]: it is written to the log, once, and never to the body.
///
/// ```
/// use web::{Code, Problem};
///
/// fn load() -> Result<(), std::io::Error> { Err(std::io::Error::other("disk on fire")) }
///
/// fn handler() -> Result<(), Problem> {
///     load().map_err(|cause| Problem::new(Code::Conflict).caused_by(cause))
/// }
/// # assert_eq!(handler().unwrap_err().code(), Code::Conflict);
/// ```
#[derive(Clone)]
pub struct Problem(pub(super) Box<Inner>);

/// Boxed, so that a `Result<_, Problem>` stays as small as a pointer allows.
#[derive(Clone)]
pub(super) struct Inner {
    pub(super) code: Code,
    pub(super) detail: Option<Cow<'static, str>>,
    pub(super) errors: Vec<FieldError>,
    pub(super) retry_after: Option<Duration>,
    /// Whether the code's own `Retry-After` is left out.
    pub(super) without_retry_after: bool,
    pub(super) challenge: Option<&'static str>,
    pub(super) accept_patch: Option<&'static str>,
    pub(super) cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// One wrong field of a body, or parameter of a query.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field's name as the client wrote it.
    pub field: String,
    /// What is wrong with it, for the client to read.
    #[schema(value_type = String)]
    pub detail: Cow<'static, str>,
}

impl Problem {
    /// A problem that says no more than its code does.
    pub fn new(code: Code) -> Self {
        let inner = Inner {
            code,
            detail: None,
            errors: Vec::new(),
            retry_after: None,
            without_retry_after: false,
            challenge: None,
            accept_patch: None,
            cause: None,
        };
        Self(Box::new(inner))
    }

    /// `INTERNAL`, with a cause for the log.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::new(Code::Internal).caused_by(cause)
    }

    /// `VALIDATION`, with every wrong field.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(Code::Validation);
        problem.0.errors = errors;
        problem
    }

    /// Adds text for the client: written for it, never an error's `Display`.
    #[must_use]
    pub fn detail(mut self, text: impl Into<Cow<'static, str>>) -> Self {
        self.0.detail = Some(text.into());
        self
    }

    /// Says when to try again, in place of the code's own default. Sent in whole seconds, rounded up, at least one:
    /// zero would call for a retry at once.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    /// Leaves out when to try again, where waiting does not help although it mostly does for the code.
    #[must_use]
    pub fn without_retry_after(mut self) -> Self {
        self.0.without_retry_after = true;
        self
    }

    /// Says in `WWW-Authenticate` which credentials are needed, in place of `UNAUTHENTICATED`'s own `Bearer`: RFC 6750,
    /// section 3. Visible ASCII.
    #[must_use]
    pub fn challenge(mut self, challenge: &'static str) -> Self {
        self.0.challenge = Some(challenge);
        self
    }

    /// Says in `Accept-Patch` which media types a PATCH takes: RFC 5789, section 2.2. Visible ASCII.
    #[must_use]
    pub(crate) fn accept_patch(mut self, types: &'static str) -> Self {
        self.0.accept_patch = Some(types);
        self
    }

    /// Attaches what is behind it, for the log only.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.0.cause = Some(Arc::from(cause.into()));
        self
    }

    /// The code, which decides status, title and type.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The wrong fields of a `VALIDATION`.
    pub fn errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// Seconds for `Retry-After`, if waiting helps.
    pub(super) fn retry_after_seconds(&self) -> Option<u64> {
        if self.0.without_retry_after {
            return None;
        }
        let given = self
            .0
            .retry_after
            .map(|wait| (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1));
        given.or(self.0.code.retry_after().map(u64::from))
    }

    /// The value of `WWW-Authenticate`, if there is one.
    pub(super) fn challenged(&self) -> Option<&'static str> {
        let own = (self.0.code == Code::Unauthenticated).then_some("Bearer");
        self.0.challenge.or(own)
    }

    /// The cause and what is behind it, as one line for the log.
    pub(crate) fn cause_chain(&self) -> Option<String> {
        let cause = self.0.cause.as_deref()?;
        Some(in_one_line(cause))
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

/// Shows the client's text without the cause: the output of a failed test may be public.
impl fmt::Debug for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Problem")
            .field("code", &self.0.code)
            .field("detail", &self.0.detail)
            .field("errors", &self.0.errors)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;

    crate::plane_codes! {
        POOL_BUSY TOO_MANY_REQUESTS retry 1 "Busy" "Retry.";
        NOT_ISOLATED SERVICE_UNAVAILABLE retry 60 "Not isolated" "Wait.";
    }

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open the drawer")]
    struct Drawer(#[source] io::Error);

    #[test]
    fn the_chain_names_every_cause_and_debug_names_none() {
        let problem = Problem::internal(Drawer(io::Error::other("it is stuck")));
        assert_eq!(
            problem.cause_chain().as_deref(),
            Some("cannot open the drawer: it is stuck")
        );
        assert!(!format!("{problem:?}").contains("drawer"));
    }

    #[test]
    fn retry_after_is_rounded_up_and_never_zero() {
        for (wait, seconds) in [(2001, 3), (2000, 2), (1, 1), (0, 1)] {
            let problem = Problem::new(POOL_BUSY).retry_after(Duration::from_millis(wait));
            assert_eq!(problem.retry_after_seconds(), Some(seconds), "{wait} ms");
        }
        assert_eq!(Problem::new(POOL_BUSY).retry_after_seconds(), Some(1));
        assert_eq!(Problem::new(Code::NotFound).retry_after_seconds(), None);
        let mended = Problem::new(NOT_ISOLATED).without_retry_after();
        assert_eq!(mended.retry_after_seconds(), None);
    }
}
