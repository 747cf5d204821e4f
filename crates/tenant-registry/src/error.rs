//! Why there is no lease, and what kind of failure a query met.

use std::borrow::Cow;
use std::time::Duration;

use crate::SourceError;
use crate::budget::{BudgetSpent, LoginBackoff};
use crate::connection_limit::ConnectionLimit;
use crate::prepared::is_outdated;
use crate::probe::ConnectFailure;
use crate::session::SessionRefused;

/// Why a tenant's pool could not be leased. Shared by all who waited for the same opening.
#[derive(Debug, Clone, thiserror::Error)]
pub enum LeaseError {
    /// The source has no way to this tenant, or failed; now or, as is remembered, a moment ago.
    #[error("no way to the tenant")]
    Source {
        /// What it said.
        #[source]
        error: SourceError,
        /// Until then the source is not asked again, unless the tenant changes; if that is known.
        retry_after: Option<Duration>,
    },
    /// More lookups were asked for than the source is asked at once or a second, and this one's turn did not come
    /// within `open_timeout`. It never meets tenants that are resident.
    #[error("too many tenants are looked up")]
    Busy {
        /// By then a turn is likely.
        retry_after: Duration,
    },
    /// The registry closes.
    #[error("the registry is shutting down")]
    ShuttingDown,
    /// The tenant left the registry again and again before it could be leased: `max_resident` is far below the
    /// number of tenants that are active at once, or the tenant changes without end.
    #[error("the tenant left the registry before it could be leased")]
    Overloaded,
}

impl LeaseError {
    pub(crate) fn unavailable(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Source {
            error: SourceError::unavailable(cause),
            retry_after: None,
        }
    }

    /// How long to wait before it is worth asking again, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Source { retry_after, .. } => *retry_after,
            Self::Busy { retry_after } => Some(*retry_after),
            Self::ShuttingDown | Self::Overloaded => None,
        }
    }
}

/// The kinds of failure that a client is told apart, by SQLSTATE where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// All of the tenant's own connections were in use until the deadline, or its login has as many as PostgreSQL lets
    /// it have (53300 by the login's own `CONNECTION LIMIT`).
    PoolBusy,
    /// The budget's connections were in use by other tenants until the deadline.
    BudgetSpent,
    /// The server or the database has no connection left (53300).
    ServerFull,
    /// The server cannot be reached, is starting or going down.
    Unreachable,
    /// The connection broke under a statement, which may have had its effect or not.
    ConnectionLost,
    /// The login was refused (class 28), or its session is one that row level security would not bind.
    LoginRefused,
    /// The server refuses the login's password, also after the source was asked for it anew (28P01): waiting does not
    /// help, an operator does.
    PasswordRefused,
    /// The server cannot do this for now: it takes no writes (25006), lacks disk space, memory or locks (class 53), or
    /// has closed the session as an idle one (57P05). Nothing of the statement stays.
    Unavailable,
    /// The schema has outgrown a prepared statement in the midst of a transaction, and nothing of that stays: run it
    /// again. See [`prepared`](crate::prepared).
    Outdated,
    /// The statement met its time limit or a lock's (57014, 55P03, 25P03, 25P04).
    StatementTimeout,
    /// The server refused to serialise concurrent transactions (40001, 40P01): try again.
    Conflict,
    /// The pool was closed under the query: the tenant changed or the service goes down.
    PoolClosed,
    /// Anything else: a defect or a rule of the schema.
    Other,
}

impl Failure {
    /// Its name, for logs and for who watches.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PoolBusy => "pool_busy",
            Self::BudgetSpent => "budget_spent",
            Self::ServerFull => "server_full",
            Self::Unreachable => "unreachable",
            Self::ConnectionLost => "connection_lost",
            Self::LoginRefused => "login_refused",
            Self::PasswordRefused => "password_refused",
            Self::Unavailable => "unavailable",
            Self::Outdated => "outdated",
            Self::StatementTimeout => "statement_timeout",
            Self::Conflict => "conflict",
            Self::PoolClosed => "pool_closed",
            Self::Other => "other",
        }
    }

    /// The kind of this error.
    ///
    /// ```
    /// use tenant_registry::Failure;
    ///
    /// assert_eq!(Failure::of(&sqlx::Error::PoolTimedOut), Failure::PoolBusy);
    /// ```
    pub fn of(error: &sqlx::Error) -> Self {
        if ConnectionLimit::met(error) == Some(ConnectionLimit::Login) {
            return Self::PoolBusy;
        }
        match error {
            sqlx::Error::PoolTimedOut => Self::PoolBusy,
            sqlx::Error::PoolClosed => Self::PoolClosed,
            sqlx::Error::Io(_) => Self::ConnectionLost,
            sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => Self::Unreachable,
            sqlx::Error::Configuration(error) => Self::of_connect(error.as_ref()),
            sqlx::Error::Database(_) if is_outdated(error) => Self::Outdated,
            sqlx::Error::Database(error) => error.code().map_or(Self::Other, |code| Self::of_sqlstate(&code)),
            _ => Self::Other,
        }
    }

    /// How long it is until asking again may help, where that is known.
    pub fn retry_after(error: &sqlx::Error) -> Option<Duration> {
        let sqlx::Error::Configuration(error) = error else {
            // Another session, or another run, does it.
            return (is_outdated(error) || sqlstate_of(error).as_deref() == Some("57P05"))
                .then_some(Duration::ZERO);
        };
        let spent = error.downcast_ref::<BudgetSpent>().map(|spent| spent.retry_after);
        spent.or_else(|| {
            error
                .downcast_ref::<LoginBackoff>()
                .map(|backoff| backoff.retry_after)
        })
    }

    fn of_connect(error: &(dyn std::error::Error + Send + Sync + 'static)) -> Self {
        if let Some(failure) = error.downcast_ref::<ConnectFailure>() {
            failure.kind()
        } else if let Some(backoff) = error.downcast_ref::<LoginBackoff>() {
            backoff.cause.kind()
        } else if error.is::<BudgetSpent>() {
            Self::BudgetSpent
        } else if let Some(refused) = error.downcast_ref::<SessionRefused>() {
            match refused {
                SessionRefused::Password(_) => Self::PasswordRefused,
                SessionRefused::ServerTooOld { .. }
                | SessionRefused::BypassesRowSecurity
                | SessionRefused::StartUpOptionLost { .. } => Self::LoginRefused,
            }
        } else {
            Self::Other
        }
    }

    /// After <https://www.postgresql.org/docs/current/errcodes-appendix.html>.
    fn of_sqlstate(code: &str) -> Self {
        match code {
            "53300" => Self::ServerFull,
            "57014" | "55P03" | "25P03" | "25P04" => Self::StatementTimeout,
            "40001" | "40P01" => Self::Conflict,
            "57P01" | "57P02" => Self::ConnectionLost,
            "57P03" => Self::Unreachable,
            "25006" | "57P05" => Self::Unavailable,
            _ if code.starts_with("08") => Self::ConnectionLost,
            _ if code.starts_with("28") => Self::LoginRefused,
            _ if code.starts_with("53") => Self::Unavailable,
            _ => Self::Other,
        }
    }

    /// Whether the session cannot do after this error what another one can: what a database or a login has for
    /// `default_transaction_read_only` holds from a session's start to its end, and so does a connection to a standby.
    pub(crate) fn ends_session(error: &sqlx::Error) -> bool {
        matches!(sqlstate_of(error).as_deref(), Some("25006" | "57P05"))
    }
}

fn sqlstate_of(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}
