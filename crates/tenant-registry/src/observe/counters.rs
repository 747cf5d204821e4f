//! Counters of a registry since its start.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::observe::metrics::RegistryMetrics;
use crate::reaper::reason::Reason;

/// Since the start.
pub(crate) struct Counters {
    opened: AtomicU64,
    closed: AtomicU64,
    /// By [`Reason`].
    retired: [AtomicU64; Reason::ALL.len()],
    failed: AtomicU64,
    changed: Notify,
    pub(crate) metrics: RegistryMetrics,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            opened: AtomicU64::default(),
            closed: AtomicU64::default(),
            retired: Default::default(),
            failed: AtomicU64::default(),
            changed: Notify::new(),
            metrics: RegistryMetrics::new(),
        }
    }

    pub(crate) fn opened(&self) {
        self.metrics.opened();
        self.opened.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn retired(&self, reason: Reason) {
        self.metrics.retired();
        self.retired[reason.index()].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self, reason: Reason) {
        self.metrics.closed(reason);
        self.closed.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    /// Counts a lookup that gave no pool.
    pub(crate) fn failed(&self) {
        self.failed.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn stats(&self) -> RegistryStats {
        // `closed` first: a pool is counted as opened before it is counted as closed.
        let closed = self.closed.load(Ordering::Acquire);
        RegistryStats {
            opened: self.opened.load(Ordering::Acquire),
            closed,
        }
    }

    pub(crate) fn departures(&self) -> Departures {
        let by = |reason: Reason| self.retired[reason.index()].load(Ordering::Relaxed);
        Departures {
            idle: by(Reason::Idle),
            capacity: by(Reason::Capacity),
            changed: by(Reason::Changed),
            refused: by(Reason::Refused),
            shutdown: by(Reason::Shutdown),
        }
    }

    pub(crate) fn failures(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
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

/// Pools that have left a registry since it started, by reason. They are closed after their last lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Departures {
    /// Unused for the idle timeout.
    pub idle: u64,
    /// Another tenant needed their place.
    pub capacity: u64,
    /// The tenant changed or was invalidated.
    pub changed: u64,
    /// The tenant is not served any more.
    pub refused: u64,
    /// The registry closes.
    pub shutdown: u64,
}
