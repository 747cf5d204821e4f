//! How many logins run at once, how long one takes, and how long a turn is.
//!
//! Past the budget the machine's rate of logins is what there is to share. More of them at once than it can work on
//! only keep permits from those who could use them; fewer leave cores idle. So the number climbs towards the best
//! measured rate, within bounds.

use std::time::Duration;

use super::slots::Micros;

/// A login's time before one was measured.
const FIRST: Micros = 5_000;
/// So many logins go into one measurement of the rate.
const SAMPLE: u32 = 64;
/// A turn lasts so many logins, within these bounds.
const TURN: u64 = 40;
const SHORTEST_TURN: Micros = 50_000;
const LONGEST_TURN: Micros = 200_000;
/// A login or a close that takes so many times the usual, within these bounds, is stuck, and keeps nobody else back.
const STUCK: u64 = 20;
const STUCK_SOONEST: Micros = 250_000;
const STUCK_LATEST: Micros = 1_000_000;

/// The measured time of a login, and how many may run.
pub(crate) struct LoginRate {
    /// A moving average, each new value with a weight of one in eight.
    time: Micros,
    limit: u32,
    cores: u32,
    climb: Climb,
}

/// Of the measurement under way, and what came of the last one.
struct Climb {
    began: Option<Micros>,
    done: u32,
    /// Logins a second, of the last measurement.
    last: u64,
    up: bool,
}

impl LoginRate {
    pub(crate) fn new(cores: u32) -> Self {
        Self {
            time: FIRST,
            limit: 2 * cores,
            cores,
            climb: Climb {
                began: None,
                done: 0,
                last: 0,
                up: true,
            },
        }
    }

    /// How many logins and closes for others may run at once under this cap: 2 to 4 a core, no more than a quarter of
    /// the cap.
    pub(crate) fn limit(&self, cap: u32) -> u32 {
        self.limit.min((cap / 4).max(2))
    }

    pub(crate) fn time(&self) -> Micros {
        self.time
    }

    /// How long a tenant with waiters of its own may keep a connection while others have none.
    pub(crate) fn turn(&self) -> Micros {
        (TURN * self.time).clamp(SHORTEST_TURN, LONGEST_TURN)
    }

    /// From when on a login or a close is stuck.
    pub(crate) fn stuck(&self) -> Micros {
        (STUCK * self.time).clamp(STUCK_SOONEST, STUCK_LATEST)
    }

    /// A login was done. `busy`: somebody still waits for one, so that the rate is the machine's and not the demand's.
    pub(crate) fn done(&mut self, took: Micros, now: Micros, busy: bool) {
        self.time = (self.time * 7 + took) / 8;
        if !busy {
            self.climb.began = None;
            return;
        }
        let Some(began) = self.climb.began else {
            self.climb.began = Some(now);
            self.climb.done = 0;
            return;
        };
        self.climb.done += 1;
        if self.climb.done == SAMPLE {
            let rate = u64::from(SAMPLE) * 1_000_000 / (now - began).max(1);
            self.step(rate);
            self.climb.began = Some(now);
            self.climb.done = 0;
        }
    }

    /// On in the same direction while it helps, back where it does harm. Within a twentieth is noise: then towards two a
    /// core, which is known to do.
    fn step(&mut self, rate: u64) {
        let climb = &mut self.climb;
        if rate * 20 < climb.last * 19 {
            climb.up = !climb.up;
        } else if rate * 19 <= climb.last * 20 {
            climb.up = self.limit < 2 * self.cores;
        }
        climb.last = rate;
        let (least, most) = (2.max(self.cores), (4 * self.cores).max(2));
        self.limit = if climb.up {
            (self.limit + 1).min(most)
        } else {
            (self.limit - 1).max(least)
        };
    }

    /// How long it takes until the place behind so many others comes up.
    pub(crate) fn wait(&self, others: usize, cap: u32) -> Duration {
        let logins = u64::try_from(others).unwrap_or(u64::MAX).saturating_add(1);
        Duration::from_micros(logins.saturating_mul(self.time) / u64::from(self.limit(cap)))
    }
}
