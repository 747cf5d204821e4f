//! What a registry counts.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

/// Pools opened and closed since the start.
#[derive(Default)]
pub(crate) struct Counters {
    opened: AtomicU64,
    closed: AtomicU64,
    changed: Notify,
}

impl Counters {
    pub(crate) fn opened(&self) {
        self.opened.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn closed(&self) {
        self.closed.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    pub(crate) fn stats(&self) -> RegistryStats {
        // `closed` first: a pool is counted as opened before it is counted as closed.
        let closed = self.closed.load(Ordering::Acquire);
        RegistryStats {
            opened: self.opened.load(Ordering::Acquire),
            closed,
        }
    }

    /// Waits until every opened pool is closed.
    pub(crate) async fn all_closed(&self) {
        loop {
            let change = self.changed.notified();
            if self.stats().open() == 0 {
                return;
            }
            change.await;
        }
    }
}

/// What a registry has done since it started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistryStats {
    /// Pools opened.
    pub opened: u64,
    /// Pools closed, by idleness, capacity, invalidation or shutdown.
    pub closed: u64,
}

impl RegistryStats {
    /// Pools that are open now, those that the reaper waits for included.
    pub fn open(&self) -> u64 {
        self.opened - self.closed
    }
}
