//! A clock that is set.

use std::sync::Mutex;
use std::time::Duration;

use jwt_verifier::Clock;

/// Where it begins, in seconds since the Unix epoch.
pub(crate) const NOW: u64 = 1_800_000_000;

/// Stands until it is moved.
#[derive(Debug, Default)]
pub(crate) struct ManualClock {
    passed: Mutex<Duration>,
}

impl ManualClock {
    pub(crate) fn advance(&self, by: Duration) {
        *self.passed.lock().unwrap() += by;
    }
}

impl Clock for ManualClock {
    fn unix_time(&self) -> Duration {
        Duration::from_secs(NOW) + self.monotonic()
    }

    fn monotonic(&self) -> Duration {
        *self.passed.lock().unwrap()
    }
}
