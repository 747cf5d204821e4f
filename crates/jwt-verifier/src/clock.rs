//! The clock of a verifier.

use std::fmt::Debug;
use std::time::{Duration, Instant, SystemTime};

/// Tells the time. Tests set it.
pub trait Clock: Debug + Send + Sync + 'static {
    /// Time since the Unix epoch, by which `exp`, `nbf` and `iat` are judged.
    fn unix_time(&self) -> Duration;

    /// Time since any fixed moment, which no setting of the clock moves: the age of keys, and cool-downs.
    fn monotonic(&self) -> Duration;
}

/// A moment on both clocks.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Time since the Unix epoch.
    pub(crate) unix: Duration,
    monotonic: Duration,
}

impl Moment {
    pub(crate) fn now(clock: &dyn Clock) -> Self {
        Self {
            unix: clock.unix_time(),
            monotonic: clock.monotonic(),
        }
    }

    /// Time since then, on the monotonic clock.
    pub(crate) fn age(self, clock: &dyn Clock) -> Duration {
        clock.monotonic().saturating_sub(self.monotonic)
    }
}

/// The system's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    started: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        Self {
            started: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is what is injected")]
    fn unix_time(&self) -> Duration {
        // A clock before 1970 refuses tokens with `iat` or `nbf`.
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}
