//! Deadline of a statement.

use std::time::Duration;

use pg_session::StatementTimedOut;
use tokio::time::{Instant, timeout_at};

/// The time until which a statement has to be complete, if it has a limit.
#[derive(Clone, Copy)]
pub(crate) struct StatementDeadline(Option<(Instant, Duration)>);

impl StatementDeadline {
    /// So long from now on.
    pub(crate) fn start(limit: Option<Duration>) -> Self {
        Self(limit.map(|limit| (Instant::now() + limit, limit)))
    }

    /// Waits for a step of the statement. A caller that gives the statement up leaves its connection unclean.
    ///
    /// # Errors
    /// [`StatementTimedOut`] at the deadline.
    pub(crate) async fn hold<T>(self, step: impl Future<Output = T>) -> Result<T, sqlx::Error> {
        let Some((deadline, limit)) = self.0 else {
            return Ok(step.await);
        };
        let step = timeout_at(deadline, step).await;
        step.map_err(|_| StatementTimedOut { limit }.into())
    }
}
