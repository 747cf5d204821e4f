//! Why somebody who waited gets no connection, and what sqlx's error for it is.

use std::time::Duration;

use crate::probe::ConnectFailure;

/// What a waiter is told instead of getting a connection.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// The pool was closed.
    Closed,
    /// No login succeeds; the next attempt is that far away.
    Failed(ConnectFailure, Duration),
    /// The deadline, with all that the tenant may have in use.
    OwnLimit,
    /// The deadline, with the budget spent on others.
    Budget(Duration),
}

/// All connections of the budget were in use by others until the deadline.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the budget of connections is spent")]
pub struct BudgetSpent {
    /// When a place may come up.
    pub retry_after: Duration,
}

/// No login succeeded, and none is tried before `retry_after`.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no login succeeds for now")]
pub struct LoginBackoff {
    /// Why.
    #[source]
    pub cause: ConnectFailure,
    /// Until the next attempt.
    pub retry_after: Duration,
}

impl From<Refusal> for sqlx::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Closed => Self::PoolClosed,
            Refusal::OwnLimit => Self::PoolTimedOut,
            Refusal::Budget(retry_after) => Self::Configuration(Box::new(BudgetSpent { retry_after })),
            Refusal::Failed(cause, retry_after) => {
                Self::Configuration(Box::new(LoginBackoff { cause, retry_after }))
            }
        }
    }
}
