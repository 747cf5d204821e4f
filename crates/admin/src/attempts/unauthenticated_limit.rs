//! Rate limit for audit entries of unauthenticated requests, so that a flood of wrong tokens cannot fill the log.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Entries within one [`UnauthenticatedLimit::WINDOW`]; further requests are only counted.
const MAX_ENTRIES: u32 = 10;

/// Counts unauthenticated requests by time window.
#[derive(Debug, Default)]
pub(super) struct UnauthenticatedLimit(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    written: u32,
    left_out: u64,
}

/// A request without an entry of its own.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// For the first one of a window: the time until the count is due.
    pub(super) ends_in: Option<Duration>,
}

impl UnauthenticatedLimit {
    /// The length of a window.
    pub(super) const WINDOW: Duration = Duration::from_secs(10);

    /// Counts a request. `None` if it gets an entry of its own.
    pub(super) fn admit(&self) -> Option<LeftOut> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let age = window.began.map(|began| began.elapsed());
        let age = age.filter(|age| *age < Self::WINDOW).unwrap_or_else(|| {
            window.began = Some(Instant::now());
            window.written = 0;
            Duration::ZERO
        });
        if window.written < MAX_ENTRIES {
            window.written += 1;
            return None;
        }
        window.left_out += 1;
        let first = window.left_out == 1;
        Some(LeftOut {
            ends_in: first.then(|| Self::WINDOW.saturating_sub(age)),
        })
    }

    /// Takes the number of requests left out since the last call.
    pub(super) fn take_left_out(&self) -> u64 {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut window.left_out)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn requests_above_the_limit_are_only_counted() {
        let limit = UnauthenticatedLimit::default();
        for _ in 0..MAX_ENTRIES {
            assert_eq!(limit.admit(), None);
        }
        advance(Duration::from_secs(4)).await;
        let ends_in = Some(Duration::from_secs(6));
        assert_eq!(limit.admit(), Some(LeftOut { ends_in }));
        for _ in 1..500 {
            assert_eq!(limit.admit(), Some(LeftOut { ends_in: None }));
        }
        assert_eq!(limit.take_left_out(), 500);
        assert_eq!(limit.take_left_out(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_window_begins_with_the_first_request_after_the_last_one() {
        let limit = UnauthenticatedLimit::default();
        while limit.admit().is_none() {}
        advance(UnauthenticatedLimit::WINDOW).await;
        assert_eq!(limit.admit(), None);
        // A late call loses no count, and no second call is requested.
        while limit.admit().is_none() {}
        assert_eq!(limit.admit(), Some(LeftOut { ends_in: None }));
        assert_eq!(limit.take_left_out(), 3);
    }
}
