//! Error of a statement that its caller gave up.

use std::time::Duration;

/// A statement took longer than its caller allows it. It may still run until its connection is cleaned up or closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the statement was given up after {} ms", limit.as_millis())]
pub struct StatementTimedOut {
    /// The time that it was allowed.
    pub limit: Duration,
}

impl From<StatementTimedOut> for sqlx::Error {
    fn from(error: StatementTimedOut) -> Self {
        Self::Configuration(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Failure;

    #[test]
    fn it_is_a_statement_timeout() {
        let error = StatementTimedOut {
            limit: Duration::from_millis(250),
        };
        assert_eq!(error.to_string(), "the statement was given up after 250 ms");
        assert_eq!(Failure::of(&error.into()), Failure::StatementTimeout);
    }
}
