//! Failures of steps.

use schema::scram::ScramError;
use sqlx::error::DatabaseError;
use tenant_registry::Refusal;

use crate::store::error::StoreError;
use crate::vault::VaultError;

/// Why a step failed. Operators see the text, so it contains PostgreSQL's SQLSTATE and not its message, which may name
/// addresses; the message is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StepError {
    #[error("the data cluster could not be reached in time")]
    Unreachable,
    #[error("the data cluster {0}")]
    Data(&'static str),
    #[error("the data cluster refused it (SQLSTATE {code})")]
    Refused { code: String, message: String },
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("{0}")]
    Vault(#[from] VaultError),
    #[error("{0}")]
    Scram(#[from] ScramError),
    #[error("the operating system gave no random bytes")]
    Random(#[from] getrandom::Error),
    #[error("the tenant has no credential")]
    NoCredential,
    #[error(
        "{rows} row(s) of the tenant cannot be removed from {table}: look for its triggers and rules (`tenantry doctor`)"
    )]
    RowsLeft { table: String, rows: i64 },
    #[error(
        "the tenant's rows in {table} cannot be counted: its policies are not that of tenantry.isolate (`tenantry doctor`)"
    )]
    RowsUncounted { table: String },
}

impl StepError {
    /// Whether a statement that was sent may still take effect in the data cluster. Without a connection, none was sent.
    pub(crate) const fn may_still_take_effect(&self) -> bool {
        matches!(self, Self::Data(_))
    }

    /// PostgreSQL's message, for the log.
    pub(crate) fn server_message(&self) -> &str {
        match self {
            Self::Refused { message, .. } => message,
            _ => "",
        }
    }
}

impl From<sqlx::Error> for StepError {
    fn from(error: sqlx::Error) -> Self {
        let refused = |error: &dyn DatabaseError| Self::Refused {
            code: error.code().unwrap_or_default().into_owned(),
            message: error.message().to_owned(),
        };
        match (Refusal::of(&error), &error) {
            (Some(Refusal::PoolBusy), _) => Self::Unreachable,
            (Some(Refusal::LoginFailed { cause, .. }), _) => {
                cause.0.as_database_error().map_or(Self::Unreachable, refused)
            }
            (None, sqlx::Error::Database(error)) => refused(&**error),
            (None, sqlx::Error::Io(_) | sqlx::Error::Tls(_)) => Self::Data("was disconnected"),
            _ => Self::Data("gave an unexpected answer"),
        }
    }
}
