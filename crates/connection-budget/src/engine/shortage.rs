//! Permits withheld while the server has fewer connections than the budget counts on (SQLSTATE 53300).
//!
//! Another service, an operator or a superuser uses them. Free permits are then useless: they are withheld from the
//! cap, so that tenants steal idle connections from each other instead of failing logins. The cap grows back in steps
//! that double until the server is full again; the pause before each step grows with the number of times it was.

use pg_session::ConnectFailure;

use super::{Core, EngineTypes, InFlightId, PermitState, SharedAccount, Slot};
use crate::slots::Microseconds;

// Pause before a step: short after a momentary shortage, long while the server stays full.
const MIN_PAUSE: Microseconds = 20_000;
const MAX_PAUSE: Microseconds = 1_000_000;
/// A full server this long after the last one starts a new shortage.
const OVER_AFTER: Microseconds = 10_000_000;
/// At most one log event in this time.
const LOG_INTERVAL: Microseconds = 60_000_000;

#[derive(Default)]
pub(super) struct Shortage {
    withheld: u32,
    /// The permits that the next step gives back.
    step: u32,
    step_at: Microseconds,
    pause: Microseconds,
    over_at: Microseconds,
    log_at: Microseconds,
    /// The server's error.
    cause: Option<ConnectFailure>,
}

impl Shortage {
    pub(super) fn withheld(&self) -> u32 {
        self.withheld
    }

    /// The server's error, and the time until the next step.
    pub(super) fn cause(&self, now: Microseconds) -> Option<(ConnectFailure, Microseconds)> {
        let cause = self.cause.clone().filter(|_| self.withheld > 0)?;
        Some((cause, self.step_at.saturating_sub(now)))
    }

    fn withhold(&mut self, permits: u32, cause: ConnectFailure, now: Microseconds) {
        self.pause = if now >= self.over_at {
            MIN_PAUSE
        } else {
            (self.pause * 2).min(MAX_PAUSE)
        };
        self.over_at = now + OVER_AFTER;
        self.withheld += permits;
        self.step = 1;
        self.step_at = now + self.pause;
        self.cause = Some(cause);
    }

    fn end(&mut self) {
        self.withheld = 0;
    }

    fn grow(&mut self, now: Microseconds) {
        self.withheld = self.withheld.saturating_sub(self.step);
        self.step = self.step.saturating_mul(2);
        self.step_at = now + self.pause;
    }

    /// Whether a log event is due.
    fn should_log(&mut self, now: Microseconds) -> bool {
        let due = now >= self.log_at;
        if due {
            self.log_at = now + LOG_INTERVAL;
        }
        due
    }
}

impl<E: EngineTypes> Core<E> {
    /// The server has no connection left for this login or any other. The tenant keeps waiting, at the front of its
    /// queue. True when a log event is due.
    pub(crate) fn server_full(
        &mut self,
        account: &SharedAccount<E>,
        slot: Slot,
        in_flight: InFlightId,
        cause: ConnectFailure,
        now: Microseconds,
    ) -> bool {
        self.end_in_flight(in_flight);
        self.transfer(PermitState::Opening, PermitState::Free);
        self.trim_cap();
        if let Some(queue) = self.queues.get_mut(&account.id) {
            queue.opening -= 1;
            queue.free_slot(slot);
        }
        let free = self.ledger.free;
        self.change_floors(|core| core.shortage.withhold(free, cause, now));
        self.trim_cap();
        self.update_position_first(account.id);
        self.dispatch(now);
        self.shortage.should_log(now)
    }

    /// The server restarted: the clients that filled it are disconnected.
    pub(super) fn end_shortage(&mut self) {
        self.change_floors(|core| core.shortage.end());
        self.ledger.resize(self.attainable_cap());
    }

    /// Gives back the next step of withheld permits when it is due.
    pub(super) fn grow_back(&mut self, now: Microseconds) {
        if self.shortage.withheld > 0 && now >= self.shortage.step_at {
            self.change_floors(|core| core.shortage.grow(now));
            self.ledger.resize(self.attainable_cap());
        }
    }
}
