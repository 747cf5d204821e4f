//! Classification of query errors, by SQLSTATE where there is one.

use std::borrow::Cow;
use std::time::Duration;

use crate::connection_limit::ConnectionLimit;
use crate::prepared::is_outdated;
use crate::refusal::Refusal;
use crate::session::SessionRefused;
use crate::statement_timed_out::StatementTimedOut;

/// Kind of a query's failure, by SQLSTATE where there is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// All connections of the tenant's pool were in use until the deadline, or its login has reached its own
    /// `CONNECTION LIMIT` (53300).
    PoolBusy,
    /// All connections of the budget were in use by other tenants until the deadline.
    BudgetSpent,
    /// The server or the database has no connection left (53300).
    ServerFull,
    /// The server is unreachable, starting or shutting down.
    Unreachable,
    /// The connection broke during a statement, which may or may not have taken effect.
    ConnectionLost,
    /// The login was refused (class 28), or its session was, for example because the server is too old.
    LoginRefused,
    /// The server refuses the login even with fresh credentials: by its password (28P01) or NOLOGIN (28000). Needs an
    /// operator.
    LockedOut,
    /// The tenant's login bypasses row level security, so its sessions are refused. Needs an operator.
    NotIsolated,
    /// The server cannot run the statement for now: it is read-only (25006), lacks disk space, memory or locks (class
    /// 53), or has closed the idle session (57P05). The statement had no effect.
    Unavailable,
    /// A schema change invalidated a prepared statement within a transaction, which is rolled back: run it again. See
    /// [`prepared`](crate::prepared).
    Outdated,
    /// The statement exceeded a time limit, its own or that of a lock (57014, 55P03, 25P03, 25P04), or its caller's
    /// ([`StatementTimedOut`](crate::StatementTimedOut)).
    StatementTimeout,
    /// Serialisation failure or deadlock (40001, 40P01): run the transaction again.
    Conflict,
    /// The pool was closed: the tenant changed or the service shuts down.
    PoolClosed,
    /// Any other error, such as a defect or a violated constraint.
    Other,
}

impl Failure {
    /// The name in logs and metrics.
    pub const fn name(self) -> &'static str {
        match self {
            Self::PoolBusy => "pool_busy",
            Self::BudgetSpent => "budget_spent",
            Self::ServerFull => "server_full",
            Self::Unreachable => "unreachable",
            Self::ConnectionLost => "connection_lost",
            Self::LoginRefused => "login_refused",
            Self::LockedOut => "locked_out",
            Self::NotIsolated => "not_isolated",
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
    /// use pg_session::Failure;
    ///
    /// assert_eq!(Failure::of(&sqlx::Error::PoolTimedOut), Failure::PoolBusy);
    /// ```
    pub fn of(error: &sqlx::Error) -> Self {
        if ConnectionLimit::of(error) == Some(ConnectionLimit::Login) {
            return Self::PoolBusy;
        }
        if let Some(refusal) = Refusal::of(error) {
            return refusal.failure();
        }
        match error {
            sqlx::Error::Io(_) => Self::ConnectionLost,
            sqlx::Error::Tls(_) | sqlx::Error::WorkerCrashed => Self::Unreachable,
            sqlx::Error::Configuration(error) => match error.downcast_ref() {
                Some(SessionRefused::LockedOut(_)) => Self::LockedOut,
                Some(SessionRefused::BypassesRowSecurity { .. }) => Self::NotIsolated,
                Some(SessionRefused::ServerTooOld { .. } | SessionRefused::StartUpOptionLost { .. }) => {
                    Self::LoginRefused
                }
                None if error.is::<StatementTimedOut>() => Self::StatementTimeout,
                None => Self::Other,
            },
            sqlx::Error::Database(_) if is_outdated(error) => Self::Outdated,
            sqlx::Error::Database(error) => error.code().map_or(Self::Other, |code| Self::of_sqlstate(&code)),
            _ => Self::Other,
        }
    }

    /// The time until a retry may succeed, if known.
    pub fn retry_after(error: &sqlx::Error) -> Option<Duration> {
        match Refusal::of(error) {
            Some(refusal) => refusal.retry_after(),
            // A retry on another session succeeds.
            None => (is_outdated(error) || sqlstate_of(error).as_deref() == Some("57P05"))
                .then_some(Duration::ZERO),
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

    /// Whether the session is of no more use after this error, while another session may be: a session keeps the
    /// `default_transaction_read_only` of its start, and a connection to a standby stays there.
    pub fn ends_session(error: &sqlx::Error) -> bool {
        matches!(sqlstate_of(error).as_deref(), Some("25006" | "57P05"))
    }
}

fn sqlstate_of(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error()?.code()
}
