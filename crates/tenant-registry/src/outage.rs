//! Whether the source itself is down: then not every miss goes to it.
//!
//! One tenant whose load fails says nothing about the others, and must not cost them anything; it is remembered for
//! itself alone. When the loads of several fail and none is answered in between, the source is taken to be down. Then
//! one load at a time tries it, later and later up to a second, and all others are answered with the last failure.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::{LeaseError, SourceError, TenantId, backoff};

#[derive(Default)]
pub(crate) struct Outage(Mutex<State>);

/// Leave to ask the source.
pub(crate) struct Attempt(u64);

#[derive(Default)]
struct State {
    /// In a row, without an answer in between. Loads that ran at the same time count as one.
    failures: u32,
    /// Counts what makes failures of loads begun before it old: a failure that counted, a load let through.
    epoch: u64,
    last: Option<Failed>,
    /// Whether loads of more than one tenant failed.
    down: bool,
    /// The next load may go.
    retry_at: Option<Instant>,
}

struct Failed {
    tenant: TenantId,
    error: SourceError,
}

impl Outage {
    /// An error while nobody may ask, without taking a turn.
    pub(crate) fn check(&self) -> Result<(), LeaseError> {
        self.state().check(Instant::now())
    }

    /// A turn: an error while the source is down and the next try is not due.
    pub(crate) fn attempt(&self) -> Result<Attempt, LeaseError> {
        let now = Instant::now();
        let mut state = self.state();
        state.check(now)?;
        if state.down {
            // Not a lock on the half-open door: a load that hangs holds up the next try by no more than this.
            state.retry_at = Some(now + backoff::wait(state.failures));
            state.epoch += 1;
        }
        Ok(Attempt(state.epoch))
    }

    /// The source answered, whatever it said.
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

    /// The source failed. Returns how long this tenant should not ask again.
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
            // Not for old loads that end late: one after the other they would put the next try off and off.
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
