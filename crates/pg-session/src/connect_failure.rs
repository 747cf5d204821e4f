//! Causes of failed logins.

use std::error::Error;
use std::fmt::{self, Display, Formatter};
use std::sync::Arc;

use crate::failure::Failure;
use crate::refusal::Refusal;

/// Why a tenant's pool could not connect, shared by all waiters.
#[derive(Debug, Clone)]
pub struct ConnectFailure(pub Arc<sqlx::Error>);

impl Display for ConnectFailure {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("cannot connect to the tenant's database")
    }
}

impl Error for ConnectFailure {
    /// Skips sqlx's wrapper "error with configuration" around errors of this crate.
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(match &*self.0 {
            sqlx::Error::Configuration(cause) => &**cause,
            error => error,
        })
    }
}

impl ConnectFailure {
    /// The kind of failure. A lost connection counts as unreachable, since no statement was sent yet. So does any other
    /// error of the server, such as a missing database (3D000), one that accepts no connections (55000), or none of
    /// this login (42501).
    pub fn kind(&self) -> Failure {
        match Failure::of(&self.0) {
            Failure::ConnectionLost => Failure::Unreachable,
            Failure::Other if self.0.as_database_error().is_some() => Failure::Unreachable,
            other => other,
        }
    }
}

impl From<sqlx::Error> for ConnectFailure {
    fn from(cause: sqlx::Error) -> Self {
        Self(Arc::new(cause))
    }
}

impl From<ConnectFailure> for sqlx::Error {
    fn from(failure: ConnectFailure) -> Self {
        Refusal::from(failure).into()
    }
}
