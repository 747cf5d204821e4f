//! Permits withheld while the server has fewer connections than the budget counts on (SQLSTATE 53300).
//!
//! Another service, an operator or a superuser has them. What is free here is then not to be had: it is taken out of the
//! cap, so that tenants take idle connections from each other instead of failing logins. It grows back in steps that
//! double for as long as the server is not full again; the more often it is, the longer is the pause before each.

use super::{Core, Kind, PipelineId, Place, Shared, Slot};
use crate::budget::slots::Micros;
use crate::probe::ConnectFailure;

/// Before a step, at first and at the longest: what was full for a moment is tried again at once, and one that stays full
/// is not asked much.
const SHORTEST_PAUSE: Micros = 20_000;
const LONGEST_PAUSE: Micros = 1_000_000;
/// So long after the last time a full server is another one's doing.
const OVER_AFTER: Micros = 10_000_000;
/// Between two lines in the log.
const LOG_EVERY: Micros = 60_000_000;

#[derive(Default)]
pub(super) struct Shortage {
    withheld: u32,
    /// How many permits the next step gives back, and when.
    step: u32,
    step_at: Micros,
    pause: Micros,
    over_at: Micros,
    log_at: Micros,
    /// What the server said.
    cause: Option<ConnectFailure>,
}

impl Shortage {
    pub(super) fn withheld(&self) -> u32 {
        self.withheld
    }

    /// What the server said, and how long it is until it is tried again.
    pub(super) fn cause(&self, now: Micros) -> Option<(ConnectFailure, Micros)> {
        let cause = self.cause.clone().filter(|_| self.withheld > 0)?;
        Some((cause, self.step_at.saturating_sub(now)))
    }

    fn withhold(&mut self, permits: u32, cause: ConnectFailure, now: Micros) {
        self.pause = if now >= self.over_at {
            SHORTEST_PAUSE
        } else {
            (self.pause * 2).min(LONGEST_PAUSE)
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

    fn grow(&mut self, now: Micros) {
        self.withheld = self.withheld.saturating_sub(self.step);
        self.step = self.step.saturating_mul(2);
        self.step_at = now + self.pause;
    }

    /// Whether it is time for a line in the log.
    fn is_to_be_logged(&mut self, now: Micros) -> bool {
        let due = now >= self.log_at;
        if due {
            self.log_at = now + LOG_EVERY;
        }
        due
    }
}

impl<K: Kind> Core<K> {
    /// The server has no place for this login, nor for any other: that is not its tenant's fault. Who waits goes on
    /// waiting, ahead of the others. True when it is time to log it.
    pub(crate) fn server_full(
        &mut self,
        account: &Shared<K>,
        slot: Slot,
        pipeline: PipelineId,
        cause: ConnectFailure,
        now: Micros,
    ) -> bool {
        self.end_pipeline(pipeline);
        self.shift(Place::Opening, Place::Free);
        self.freed();
        if let Some(seat) = self.seats.get_mut(&account.id) {
            seat.opening -= 1;
            seat.free_slot(slot);
        }
        let free = self.ledger.free;
        self.change_floors(|core| core.shortage.withhold(free, cause, now));
        self.freed();
        self.settle_first(account.id);
        self.dispatch(now);
        self.shortage.is_to_be_logged(now)
    }

    /// The server was started anew: whoever had its connections has them no more.
    pub(super) fn end_shortage(&mut self) {
        self.change_floors(|core| core.shortage.end());
        self.ledger.resize(self.possible());
    }

    /// Gives some of what is withheld back, when its time has come.
    pub(super) fn grow_back(&mut self, now: Micros) {
        if self.shortage.withheld > 0 && now >= self.shortage.step_at {
            self.change_floors(|core| core.shortage.grow(now));
            self.ledger.resize(self.possible());
        }
    }
}
