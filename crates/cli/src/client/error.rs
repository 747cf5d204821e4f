//! Failures of a command that calls a service.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use humantime_serde::re::humantime::format_duration;
use uuid::Uuid;

use super::ServiceUrl;
use super::refusal::Refusal;
use crate::exit;
use crate::text::printable;

/// Why a command that calls a service failed.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No token was found.
    #[error(
        "no token: run this where the service was started, or give one by --token-file or TENANTRY_ADMIN_TOKEN"
    )]
    NoToken,
    /// This file or variable does not hold a token.
    #[error("invalid token in {0}: a bearer token is one word of visible ASCII characters")]
    NotAToken(String),
    /// The file that this flag or variable names cannot be used for TLS, for this reason.
    #[error("{0}: {file}: {2}", file = .1.display())]
    TlsFile(&'static str, PathBuf, String),
    /// Arguments that do not fit together.
    #[error("{0}")]
    Usage(String),
    /// The request was not sent.
    #[error("{} {url}: {why}{}", unreachable(*.refused), start_hint(.url, *.refused))]
    Unreachable {
        /// The service.
        url: ServiceUrl,
        /// The reason.
        why: String,
        /// Whether nothing listens there.
        refused: bool,
    },
    /// The request may have been sent.
    #[error("no answer from {url}: {why}{}", unknown_outcome(*.list_command))]
    NoAnswer {
        /// The service.
        url: ServiceUrl,
        /// The reason.
        why: String,
        /// The command that shows whether a change was made.
        list_command: Option<&'static str>,
    },
    /// Something else answered.
    #[error(
        "what answers at {url} is not an admin plane (status {status}): --url takes the admin plane's URL, not the tenant \
         plane's{}",
        unknown_outcome(*.list_command)
    )]
    NotAdminPlane {
        /// What was called.
        url: ServiceUrl,
        /// Its status.
        status: u16,
        /// As in [`Self::NoAnswer`].
        list_command: Option<&'static str>,
    },
    /// The service refused.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// An answer lacks something.
    #[error("invalid answer of the service: {0}")]
    InvalidAnswer(&'static str),
    /// An answer is not the document that was asked for.
    #[error("invalid answer of the service: {}", printable(&.0.to_string()))]
    InvalidDocument(#[from] serde_json::Error),
    /// Nothing has this name.
    #[error("no {0} is named {1:?}")]
    UnknownName(&'static str, String),
    /// Several tokens have this name.
    #[error("{0} tokens are named {1:?}: give an id, as `tenantry admin-token list --all` shows it")]
    AmbiguousToken(usize, String),
    /// The operation was superseded.
    #[error("operation {0} was superseded: another one on the tenant came before it was completed")]
    Superseded(Uuid),
    /// The operation was not completed in time; it continues.
    #[error("operation {0} has not ended within {after} and continues: {hint}", after = format_duration(*.1), hint = wait_hint(.0))]
    Late(Uuid, Duration),
    /// The operation could not be seen.
    #[error(
        "operation {id} continues, but the service did not answer for {}; {}. Last failure: {cause}",
        format_duration(*.away),
        wait_hint(.id)
    )]
    LostSight {
        /// The operation.
        id: Uuid,
        /// For how long.
        away: Duration,
        /// The last failure.
        cause: Box<Self>,
    },
    /// Ctrl-C.
    #[error("operation {0} continues: {hint}", hint = wait_hint(.0))]
    Interrupted(Uuid),
    /// The answer with a secret was lost.
    #[error("{0} was created, but the response with its secret was lost: revoke {0} and create another one")]
    NotShown(Uuid),
}

impl ClientError {
    /// The exit code for it.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NoToken | Self::NotAToken(_) => exit::NOT_ALLOWED,
            Self::Refused(refusal) if matches!(refusal.status, 401 | 403) => exit::NOT_ALLOWED,
            Self::Usage(_) | Self::TlsFile(..) => exit::USAGE,
            Self::Unreachable { .. }
            | Self::NoAnswer { .. }
            | Self::NotAdminPlane { .. }
            | Self::LostSight { .. } => exit::UNREACHABLE,
            Self::Interrupted(_) => exit::INTERRUPTED,
            Self::Refused(_)
            | Self::InvalidAnswer(_)
            | Self::InvalidDocument(_)
            | Self::UnknownName(..)
            | Self::AmbiguousToken(..)
            | Self::Superseded(_)
            | Self::Late(..)
            | Self::NotShown(_) => exit::FAILED,
        }
    }

    /// Whether a retry may succeed: the service cannot be reached, or is overloaded.
    pub(super) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NoAnswer { .. } | Self::NotAdminPlane { .. } => true,
            Self::Refused(refusal) => refusal.status >= 500 || refusal.status == 429,
            _ => false,
        }
    }
}

fn unreachable(refused: bool) -> &'static str {
    if refused {
        "no service answers at"
    } else {
        "cannot connect to"
    }
}

/// What helps when nothing listens and the service should be on this machine.
fn start_hint(url: &ServiceUrl, refused: bool) -> &'static str {
    if refused && url.is_loopback() {
        "; start it with `tenantry serve`, or name it with --url"
    } else {
        ""
    }
}

/// What is known of a change that was sent and not answered.
fn unknown_outcome(list_command: Option<&str>) -> String {
    list_command
        .map(|command| format!("; it is not known whether it was done: look with `{command}`"))
        .unwrap_or_default()
}

/// How an operation is found again.
fn wait_hint(id: &impl Display) -> String {
    format!("`tenantry operation wait {id}` watches it")
}
