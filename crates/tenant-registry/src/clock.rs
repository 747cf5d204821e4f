//! Clock of a registry: milliseconds since its start.

use std::time::Duration;

use tokio::time::Instant;

/// The longest wait; a longer one would leave the clock's range.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// Milliseconds since the registry's start: a time that fits an atomic.
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// The time after this wait; settings may say one that no clock reaches.
pub(crate) fn after(wait: Duration) -> Instant {
    Instant::now() + wait.min(FOR_EVER)
}
