//! Refusals: why a pool gave no connection.

use std::sync::Arc;
use std::time::Duration;

use crate::connect_failure::ConnectFailure;
use crate::failure::Failure;

/// Why a pool gave no connection, or could not begin a transaction on it.
///
/// Returned by methods of pools. A query that acquires its own connection, through sqlx's `Executor`, returns a
/// [`sqlx::Error`] instead, and [`Refusal::of`] finds the refusal in it:
///
/// ```
/// use pg_session::{Failure, Refusal};
///
/// let error = sqlx::Error::from(Refusal::PoolBusy);
/// assert!(matches!(Refusal::of(&error), Some(Refusal::PoolBusy)));
/// assert_eq!(Failure::of(&error), Failure::PoolBusy);
/// assert!(Refusal::of(&sqlx::Error::RowNotFound).is_none());
/// ```
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The pool was closed.
    #[error("the pool is closed")]
    Closed,
    /// All connections of the pool were in use until the deadline.
    #[error("all connections of the pool are in use")]
    PoolBusy,
    /// All connections of the budget were in use by others until the deadline.
    #[error("all connections of the budget are in use")]
    BudgetSpent {
        /// The estimated time until a connection is available.
        retry_after: Duration,
    },
    /// Logins fail.
    #[error("cannot log in to the database")]
    LoginFailed {
        /// The cause of the last failure.
        #[source]
        cause: ConnectFailure,
        /// The time until the next attempt, if known.
        retry_after: Option<Duration>,
    },
    /// `BEGIN` failed on the acquired connection.
    #[error("cannot begin a transaction")]
    Begin(#[source] Arc<sqlx::Error>),
}

impl Refusal {
    /// Logins fail, and the next attempt is in `retry_after`.
    pub fn login_failed(cause: ConnectFailure, retry_after: Duration) -> Self {
        Self::LoginFailed {
            cause,
            retry_after: Some(retry_after),
        }
    }

    /// The refusal in this error; `None` if a connection was acquired, and the error is the statement's.
    pub fn of(error: &sqlx::Error) -> Option<&Self> {
        match error {
            sqlx::Error::PoolClosed => Some(&Self::Closed),
            sqlx::Error::PoolTimedOut => Some(&Self::PoolBusy),
            sqlx::Error::Configuration(error) => error.downcast_ref(),
            _ => None,
        }
    }

    /// The kind of failure.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Closed => Failure::PoolClosed,
            Self::PoolBusy => Failure::PoolBusy,
            Self::BudgetSpent { .. } => Failure::BudgetSpent,
            Self::LoginFailed { cause, .. } => cause.kind(),
            Self::Begin(error) => Failure::of(error),
        }
    }

    /// The time until a retry may succeed, if known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Closed | Self::PoolBusy => None,
            Self::BudgetSpent { retry_after } => Some(*retry_after),
            Self::LoginFailed { retry_after, .. } => *retry_after,
            Self::Begin(error) => Failure::retry_after(error),
        }
    }
}

impl From<ConnectFailure> for Refusal {
    fn from(cause: ConnectFailure) -> Self {
        Self::LoginFailed {
            cause,
            retry_after: None,
        }
    }
}

impl From<Refusal> for sqlx::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::PoolClosed,
            Refusal::PoolBusy => Self::PoolTimedOut,
            Refusal::Begin(error) => match Arc::try_unwrap(error) {
                Ok(error) => error,
                Err(shared) => Self::Configuration(Box::new(Refusal::Begin(shared))),
            },
            refusal => Self::Configuration(Box::new(refusal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Also when it is wrapped in a [`sqlx::Error`], as an executor returns it.
    #[test]
    fn a_refusal_is_found_again_with_its_kind() {
        let io = |kind: std::io::ErrorKind| sqlx::Error::Io(kind.into());
        let refused = ConnectFailure::from(io(std::io::ErrorKind::ConnectionRefused));
        let wait = Duration::from_secs(2);
        for (refusal, failure, retry_after) in [
            (Refusal::Closed, Failure::PoolClosed, None),
            (Refusal::PoolBusy, Failure::PoolBusy, None),
            (
                Refusal::BudgetSpent { retry_after: wait },
                Failure::BudgetSpent,
                Some(wait),
            ),
            (
                Refusal::login_failed(refused.clone(), wait),
                Failure::Unreachable,
                Some(wait),
            ),
            (Refusal::from(refused), Failure::Unreachable, None),
        ] {
            assert_eq!((refusal.failure(), refusal.retry_after()), (failure, retry_after));
            let text = refusal.to_string();
            let error = sqlx::Error::from(refusal);
            assert_eq!(
                (Failure::of(&error), Failure::retry_after(&error)),
                (failure, retry_after)
            );
            assert_eq!(Refusal::of(&error).map(ToString::to_string), Some(text));
        }
    }

    #[test]
    fn a_failed_begin_unwraps_to_the_servers_error() {
        let lost = || sqlx::Error::Io(std::io::ErrorKind::ConnectionReset.into());
        let refusal = Refusal::Begin(Arc::new(lost()));
        assert_eq!(refusal.failure(), Failure::ConnectionLost);
        assert!(matches!(sqlx::Error::from(refusal), sqlx::Error::Io(_)));
        let shared = Refusal::Begin(Arc::new(lost()));
        assert_eq!(
            Failure::of(&sqlx::Error::from(shared.clone())),
            Failure::ConnectionLost
        );
        assert_eq!(shared.failure(), Failure::ConnectionLost);
    }
}
