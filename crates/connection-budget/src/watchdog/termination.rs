//! Termination of tenants' sessions, by the watchdog itself or else by the backend terminator.

use std::time::Duration;

use tokio::time::Instant;

use super::super::backend_terminator::with_deadline;
use super::bounds::Violation;
use super::connection::WatchdogConnection;
use super::{ANSWER_TIMEOUT, GRACE_SAMPLES, TERMINATOR_GRACE_SAMPLES, Watchdog};

/// Pause before `end_sessions` is tried again after it failed for lack of privilege.
const PRIVILEGE_RETRY: Duration = Duration::from_mins(1);

impl Watchdog {
    /// Ends the sessions in one round trip if possible, else by the terminator: on a busy server a round trip is slow,
    /// and delays the next sample.
    pub(super) async fn end(
        &mut self,
        connection: &mut WatchdogConnection,
        violations: &[Violation],
    ) -> Result<(), sqlx::Error> {
        if violations.is_empty() {
            return Ok(());
        }
        let mut at_once = None;
        if self
            .unprivileged_since
            .is_none_or(|since| since.elapsed() >= PRIVILEGE_RETRY)
        {
            match with_deadline(
                ANSWER_TIMEOUT,
                connection.end(&self.settings.end_sessions, violations),
            )
            .await
            {
                Ok(ended) => at_once = Some(ended),
                Err(error @ sqlx::Error::Database(_)) => {
                    // After any other error the next sample retries.
                    if lacks_privilege(&error) {
                        self.unprivileged_since = Some(Instant::now());
                    }
                    tracing::warn!(%error, "watchdog cannot end sessions itself; using the backend terminator");
                    with_deadline(ANSWER_TIMEOUT, connection.recover()).await?;
                }
                Err(error) => return Err(error),
            }
        }
        for (nth, violation) in violations.iter().enumerate() {
            let order = (violation.tenant, violation.pid);
            let ended = at_once.as_ref().map(|ended| ended.get(nth) == Some(&true));
            if ended.is_none()
                && let Some(inner) = self.budget.upgrade()
            {
                inner.end_backend(order);
            }
            if ended != Some(false) {
                let grace = if ended.is_some() {
                    GRACE_SAMPLES
                } else {
                    TERMINATOR_GRACE_SAMPLES
                };
                self.ended.insert(order, grace);
                self.report(violation);
            }
        }
        Ok(())
    }

    fn report(&self, violation: &Violation) {
        self.meters.ended(violation.reason);
        tracing::warn!(
            tenant = %violation.tenant,
            pid = violation.pid,
            reason = violation.reason.as_str(),
            entries = violation.entries,
            tenant_entries = violation.tenant_entries,
            bound = violation.bound,
            lock_table = self.bounds.entries,
            shared_object = violation.shared_object.as_deref(),
            "watchdog ended a tenant's session"
        );
    }
}

/// Whether the privilege, the function or its schema is missing.
fn lacks_privilege(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| ["42501", "42883", "3F000"].contains(&&*code))
}
