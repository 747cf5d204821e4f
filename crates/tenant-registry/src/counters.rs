//! What a registry counts.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::meters::Meters;
use crate::reason::Reason;

/// Since the start.
pub(crate) struct Counters {
    opened: AtomicU64,
    closed: AtomicU64,
    /// By [`Reason`].
    retired: [AtomicU64; Reason::ALL.len()],
    failed: AtomicU64,
    changed: Notify,
    pub(crate) meters: Meters,
}

impl Counters {
    pub(crate) fn new() -> Self {
        Self {
            opened: AtomicU64::default(),
            closed: AtomicU64::default(),
            retired: Default::default(),
            failed: AtomicU64::default(),
            changed: Notify::new(),
            meters: Meters::new(),
        }
    }

    pub(crate) fn opened(&self) {
        self.meters.opened();
        self.opened.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn retired(&self, reason: Reason) {
        self.meters.retired();
        self.retired[reason.index()].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn closed(&self, reason: Reason) {
        self.meters.closed(reason);
        self.closed.fetch_add(1, Ordering::AcqRel);
        self.changed.notify_waiters();
    }

    /// A lookup that came to nothing.
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

/// How many pools have left a registry since it started, by the reason. They are closed when nobody holds them any
/// more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Departures {
    /// Nobody used them for the idle timeout.
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
