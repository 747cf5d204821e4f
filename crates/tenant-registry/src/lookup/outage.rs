//! Circuit breaker of the tenant source.
//!
//! A failed lookup of one tenant says nothing about the others, and the negative cache keeps it for that tenant alone.
//! When lookups of several tenants fail and none is answered in between, the source counts as down. Then one lookup at
//! a time tries it, with a backoff of up to a second, and all others fail at once with the last failure.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::lookup::backoff;
use crate::{LeaseError, SourceError, TenantId};

#[derive(Default)]
pub(crate) struct Outage(Mutex<State>);

/// Permission for one lookup.
pub(crate) struct Attempt(u64);

#[derive(Default)]
struct State {
    /// In a row, without an answer in between. Lookups that ran at the same time count as one.
    failures: u32,
    /// Raised by each failure that counts and each lookup let through: failures of lookups begun before are old.
    epoch: u64,
    last: Option<Failed>,
    /// Whether lookups of more than one tenant failed.
    down: bool,
    /// When the next lookup may go.
    retry_at: Option<Instant>,
}

struct Failed {
    tenant: TenantId,
    error: SourceError,
}

impl Outage {
    /// An error while no lookup may go. Takes no permission.
    pub(crate) fn check(&self) -> Result<(), LeaseError> {
        self.state().check(Instant::now())
    }

    /// Permission for one lookup; an error while the source is down and the next try is not due.
    pub(crate) fn attempt(&self) -> Result<Attempt, LeaseError> {
        let now = Instant::now();
        let mut state = self.state();
        state.check(now)?;
        if state.down {
            // No lock on the half-open breaker: a lookup that hangs delays the next try by no more than this.
            state.retry_at = Some(now + backoff::wait(state.failures));
            state.epoch += 1;
        }
        Ok(Attempt(state.epoch))
    }

    /// The source answered, whatever the answer.
    pub(crate) fn answered(&self) {
        let mut state = self.state();
        if state.failures > 0 {
            let epoch = state.epoch;
            *state = State {
                epoch,
                ..State::default()
            };
        }
    }

    /// The source failed. Returns how long this tenant should wait before the next lookup.
    pub(crate) fn failed(&self, attempt: &Attempt, tenant: TenantId, error: &SourceError) -> Duration {
        let mut state = self.state();
        state.down |= state.last.as_ref().is_some_and(|last| last.tenant != tenant);
        state.last = Some(Failed {
            tenant,
            error: error.clone(),
        });
        let counts = attempt.0 == state.epoch || state.failures == 0;
        if counts {
            state.failures = state.failures.saturating_add(1);
            state.epoch += 1;
        }
        let wait = backoff::wait(state.failures);
        if counts {
            // Not for old lookups that end late: one after the other they would delay the next try again and again.
            state.retry_at = Some(Instant::now() + wait);
        }
        wait
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, now: Instant) -> Result<(), LeaseError> {
        let wait = self.retry_at.map(|at| at.saturating_duration_since(now));
        match (&self.last, wait) {
            (Some(last), Some(wait)) if self.down && !wait.is_zero() => Err(LeaseError::Source {
                error: last.error.clone(),
                retry_after: Some(wait),
            }),
            _ => Ok(()),
        }
    }
}
