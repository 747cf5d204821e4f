//! [`Stamp`]: an atomic point in time.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use tokio::time::Instant;

/// A time that several threads set and read, in microseconds.
#[derive(Debug)]
pub(super) struct Stamp {
    base: Instant,
    micros: AtomicU64,
}

impl Stamp {
    pub(super) fn set(&self) {
        self.set_to(Instant::now());
    }

    pub(super) fn set_to(&self, time: Instant) {
        let micros = time.duration_since(self.base).as_micros();
        self.micros
            .store(u64::try_from(micros).unwrap_or(u64::MAX), Relaxed);
    }

    pub(super) fn get(&self) -> Instant {
        self.base + Duration::from_micros(self.micros.load(Relaxed))
    }
}

impl Default for Stamp {
    fn default() -> Self {
        Self {
            base: Instant::now(),
            micros: AtomicU64::new(0),
        }
    }
}
