//! Failures of the control store.

use std::sync::Arc;
use std::time::Duration;

use tenant_registry::{ConnectFailure, Failure, Refusal};

/// Why the store gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No connection was available.
    #[error("no connection to PostgreSQL")]
    Connect(#[source] Arc<sqlx::Error>),
    /// A statement or its connection failed.
    #[error("PostgreSQL failed")]
    Postgres(#[source] sqlx::Error),
    /// A row contains a value that no version of this program writes.
    #[error("the control store holds an invalid {0}")]
    Invalid(&'static str),
    /// The task ended without an answer.
    #[error("the task was cancelled")]
    Interrupted,
}

impl StoreError {
    /// The kind of failure.
    pub fn failure(&self) -> Failure {
        match self {
            Self::Connect(cause) => match ConnectFailure(Arc::clone(cause)).kind() {
                Failure::Other => Failure::Unreachable,
                kind => kind,
            },
            Self::Postgres(cause) => Failure::of(cause),
            Self::Invalid(_) | Self::Interrupted => Failure::Other,
        }
    }

    /// The time until a retry may help, where it is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Postgres(cause) => Failure::retry_after(cause),
            Self::Connect(_) | Self::Invalid(_) | Self::Interrupted => None,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match Refusal::of(&error) {
            Some(Refusal::LoginFailed { cause, .. }) => Self::Connect(Arc::clone(&cause.0)),
            _ => Self::Postgres(error),
        }
    }
}
