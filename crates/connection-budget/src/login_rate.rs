//! Adaptive concurrency limit of logins, by hill climbing on the measured login rate.
//!
//! When the budget is spent, the server's login rate is the bottleneck. More concurrent logins than it can process only
//! hold permits; fewer leave cores idle.

use std::time::Duration;

use super::slots::Microseconds;

/// The time of a login before one was measured.
const INITIAL_TIME: Microseconds = 5_000;
/// Logins in one measurement of the rate.
const SAMPLE_SIZE: u32 = 64;
/// The length of a turn, in logins and within bounds.
const TURN_LOGINS: u64 = 40;
const TURN_MIN: Microseconds = 50_000;
const TURN_MAX: Microseconds = 200_000;
/// A login or close that takes this many times the average, within bounds, is stuck and no longer counts as in flight.
const STUCK_FACTOR: u64 = 20;
const STUCK_MIN: Microseconds = 250_000;
const STUCK_MAX: Microseconds = 1_000_000;

/// The average time of a login, and the concurrency limit.
pub(crate) struct LoginRate {
    /// Moving average, in which a new value has a weight of one eighth.
    time: Microseconds,
    limit: u32,
    cores: u32,
    climb: HillClimb,
}

/// The current measurement, and the result of the last one.
struct HillClimb {
    began: Option<Microseconds>,
    done: u32,
    /// Logins per second in the last measurement.
    last: u64,
    up: bool,
}

impl LoginRate {
    pub(crate) fn new(cores: u32) -> Self {
        Self {
            time: INITIAL_TIME,
            limit: 2 * cores,
            cores,
            climb: HillClimb {
                began: None,
                done: 0,
                last: 0,
                up: true,
            },
        }
    }

    /// The limit of logins and closes in flight under this cap: 2 to 4 a core, at most a quarter of the cap.
    pub(crate) fn limit(&self, cap: u32) -> u32 {
        self.limit.min((cap / 4).max(2))
    }

    pub(crate) fn average_time(&self) -> Microseconds {
        self.time
    }

    /// How long a tenant with waiters may keep a connection while other tenants have none.
    pub(crate) fn turn_length(&self) -> Microseconds {
        (TURN_LOGINS * self.time).clamp(TURN_MIN, TURN_MAX)
    }

    /// The time after which a login or close is stuck.
    pub(crate) fn stuck_after(&self) -> Microseconds {
        (STUCK_FACTOR * self.time).clamp(STUCK_MIN, STUCK_MAX)
    }

    /// Records a login. `busy`: more tenants wait, so that the rate is limited by the server and not by demand.
    pub(crate) fn record(&mut self, took: Microseconds, now: Microseconds, busy: bool) {
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
        if self.climb.done == SAMPLE_SIZE {
            let rate = u64::from(SAMPLE_SIZE) * 1_000_000 / (now - began).max(1);
            self.step(rate);
            self.climb.began = Some(now);
            self.climb.done = 0;
        }
    }

    /// Continues in the same direction while the rate rises, turns back when it falls. A change within a twentieth is
    /// noise: then moves towards two a core, the default.
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

    /// The estimated wait behind this many other tenants.
    pub(crate) fn estimated_wait(&self, others: usize, cap: u32) -> Duration {
        let logins = u64::try_from(others).unwrap_or(u64::MAX).saturating_add(1);
        Duration::from_micros(logins.saturating_mul(self.time) / u64::from(self.limit(cap)))
    }
}
