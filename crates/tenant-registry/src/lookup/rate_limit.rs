//! Rate limit by the generic cell rate algorithm.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How far the first ones may be ahead: a second's worth at once.
const BURST: Duration = Duration::from_secs(1);

/// The generic cell rate algorithm (ITU-T I.371, annex A, as virtual scheduling): one time in place of a bucket to
/// refill. Turns are given in advance, so a wait that would be too long is refused at once.
pub(crate) struct RateLimit {
    interval: Duration,
    /// When the next turn would be if all had come evenly.
    next: Mutex<Instant>,
}

impl RateLimit {
    pub(crate) fn per_second(turns: u32) -> Self {
        Self {
            interval: Duration::from_secs(1) / turns.max(1),
            next: Mutex::new(Instant::now()),
        }
    }

    /// Takes a turn and returns its time. If that is later than `until` none is taken; the error is the wait.
    pub(crate) fn turn(&self, until: Instant) -> Result<Instant, Duration> {
        let now = Instant::now();
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = now + next.saturating_duration_since(now + BURST);
        if turn > until {
            return Err(turn - now);
        }
        *next = (*next).max(now) + self.interval;
        Ok(turn)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_seconds_worth_at_once_and_then_evenly() {
        let rate = RateLimit::per_second(10);
        let now = Instant::now();
        let until = now + Duration::from_secs(2);
        let waits: Vec<_> = (0..40).map(|_| rate.turn(until).map(|turn| turn - now)).collect();
        let tenth = Duration::from_millis(100);
        assert!(waits[..=10].iter().all(|wait| *wait == Ok(Duration::ZERO)));
        assert_eq!(waits[11], Ok(tenth));
        assert_eq!(waits[30], Ok(tenth * 20));
        // A refused one takes no turn from those behind.
        assert!(waits[31..].iter().all(|wait| *wait == Err(tenth * 21)));
        tokio::time::advance(tenth).await;
        assert!(rate.turn(until + tenth).is_ok());
        tokio::time::advance(Duration::from_mins(1)).await;
        let free = (0..40).filter(|_| rate.turn(Instant::now()).is_ok()).count();
        assert_eq!(free, 11, "time gone by is not saved up");
    }
}
