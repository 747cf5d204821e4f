//! Why a service did not do what it was asked for.

use std::fmt::Display;
use std::time::Duration;

use humantime_serde::re::humantime::format_duration;
use uuid::Uuid;

use super::ServiceUrl;
use crate::output::Refusal;

/// What a command ends with, as `tenantry --help` says.
pub(crate) mod exit {
    pub(crate) const FAILED: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const UNREACHABLE: u8 = 3;
    pub(crate) const NOT_ALLOWED: u8 = 4;
    /// Of the doctor: neither sound nor known not to be.
    pub(crate) const NOT_EXAMINED: u8 = 5;
    /// 128 and the signal's number, as shells have it.
    pub(crate) const INTERRUPTED: u8 = 130;
}

/// Why a command that speaks to a service failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ClientError {
    #[error(
        "no token: run this where the service was started, or give one by --token-file or TENANTRY_ADMIN_TOKEN"
    )]
    NoToken,
    #[error("{0} is no token: a bearer token is one word of visible ASCII characters")]
    NotAToken(String),
    #[error("{0}")]
    Usage(String),
    #[error("no service answers at {url}: {why}{}", start(.url, *.refused))]
    Unreachable {
        url: ServiceUrl,
        why: String,
        /// Nobody listens there.
        refused: bool,
    },
    #[error("no answer from {url}: {why}{}", perhaps_done(*.look))]
    NoAnswer {
        url: ServiceUrl,
        why: String,
        /// The command that shows whether a change was made.
        look: Option<&'static str>,
    },
    #[error("what answers at {url} is no admin plane (status {status}){}", perhaps_done(*.look))]
    NotAdminPlane {
        url: ServiceUrl,
        status: u16,
        /// As in [`Self::NoAnswer`].
        look: Option<&'static str>,
    },
    #[error("{0}")]
    Refused(Box<Refusal>),
    #[error("the service's answer is not understood: {0}")]
    NotUnderstood(&'static str),
    #[error("no tenant is named {0:?}")]
    NoSuchTenant(String),
    #[error("operation {0} was superseded: another one on the tenant came before it was through")]
    Superseded(Uuid),
    #[error("operation {0} has not ended within {after}; it goes on: {hint}", after = format_duration(*.1), hint = look(.0))]
    Late(Uuid, Duration),
    #[error(
        "operation {id} goes on, and was not seen for {}; {}. At last: {cause}",
        format_duration(*.away),
        look(.id)
    )]
    LostSight {
        id: Uuid,
        away: Duration,
        cause: Box<Self>,
    },
    #[error("operation {0} goes on: {hint}", hint = look(.0))]
    Interrupted(Uuid),
    #[error(
        "it was made, but the answer that showed it was lost on the way: revoke {0} and create another one"
    )]
    NotShown(Uuid),
    #[error("nothing was changed")]
    Declined,
}

impl ClientError {
    /// The exit code for it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::NoToken | Self::NotAToken(_) => exit::NOT_ALLOWED,
            Self::Refused(refusal) if matches!(refusal.status, 401 | 403) => exit::NOT_ALLOWED,
            Self::Usage(_) => exit::USAGE,
            Self::Unreachable { .. }
            | Self::NoAnswer { .. }
            | Self::NotAdminPlane { .. }
            | Self::LostSight { .. } => exit::UNREACHABLE,
            Self::Interrupted(_) => exit::INTERRUPTED,
            Self::Refused(_)
            | Self::NotUnderstood(_)
            | Self::NoSuchTenant(_)
            | Self::Superseded(_)
            | Self::Late(..)
            | Self::NotShown(_)
            | Self::Declined => exit::FAILED,
        }
    }

    /// Whether it may be otherwise a moment later: the service cannot be reached, or says so itself.
    pub(super) fn passes(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::NoAnswer { .. } | Self::NotAdminPlane { .. } => true,
            Self::Refused(refusal) => refusal.status >= 500 || refusal.status == 429,
            _ => false,
        }
    }
}

/// What helps where nobody listens and the service should be on this machine.
fn start(url: &ServiceUrl, refused: bool) -> &'static str {
    if refused && url.is_loopback() {
        "; start it with `tenantry serve`, or name it with --url"
    } else {
        ""
    }
}

/// What is known of a change that was sent and not answered.
fn perhaps_done(look: Option<&str>) -> String {
    look.map(|look| format!("; it is not known whether it was done: look with `{look}`"))
        .unwrap_or_default()
}

/// How an operation is found again.
fn look(id: &impl Display) -> String {
    format!("`tenantry operation wait {id}` watches it")
}
