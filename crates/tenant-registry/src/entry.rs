//! A tenant's place in the registry: its pool, and who holds it.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::{TenantId, TenantPool};

/// No new lease is given; the reaper has it.
const RETIRED: u64 = 1 << 63;
/// Leased since the last look at it.
const USED: u64 = 1 << 62;
/// The lower bits count the leases.
const LEASES: u64 = USED - 1;

/// A resident tenant. One word holds the flags and the count of leases, so that a lease and a retirement
/// cannot miss each other, and a hit writes no more than this word.
pub(crate) struct Entry<P> {
    pub(crate) tenant: TenantId,
    pub(crate) pool: P,
    word: AtomicU64,
    /// When a look found it in use last, on the registry's clock.
    seen: AtomicU64,
    drained: Notify,
}

impl<P: TenantPool> Entry<P> {
    pub(crate) fn new(tenant: TenantId, pool: P, now: u64) -> Self {
        Self {
            tenant,
            pool,
            word: AtomicU64::new(0),
            seen: AtomicU64::new(now),
            drained: Notify::new(),
        }
    }

    /// Counts one lease more, unless the entry is retired.
    pub(crate) fn try_lease(&self) -> bool {
        self.word
            .fetch_update(Ordering::AcqRel, Ordering::Relaxed, |word| {
                (word & RETIRED == 0).then_some((word + 1) | USED)
            })
            .is_ok()
    }

    /// Counts one lease more for someone who holds one already.
    pub(crate) fn share(&self) {
        self.word.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives a lease back; the last one of a retired entry wakes the reaper.
    pub(crate) fn release(&self) {
        let before = self.word.fetch_sub(1, Ordering::AcqRel);
        if before & RETIRED != 0 && before & LEASES == 1 {
            self.drained.notify_one();
        }
    }

    /// Ends the giving of leases. True for the one caller who retired it.
    pub(crate) fn retire(&self) -> bool {
        self.word.fetch_or(RETIRED, Ordering::AcqRel) & RETIRED == 0
    }

    /// As [`retire`](Self::retire), but only if nobody holds it nor has since the last look.
    pub(crate) fn retire_unused(&self) -> bool {
        self.word
            .compare_exchange(0, RETIRED, Ordering::AcqRel, Ordering::Relaxed)
            .is_ok()
    }

    /// Since when it is unused, as far as looks can tell: now, if it is held or was leased since the last look.
    pub(crate) fn look(&self, now: u64) -> u64 {
        let word = self.word.load(Ordering::Relaxed);
        if word & USED != 0 {
            self.word.fetch_and(!USED, Ordering::Relaxed);
        }
        if word & (USED | LEASES) != 0 {
            self.seen.store(now, Ordering::Relaxed);
        }
        self.seen.load(Ordering::Relaxed)
    }

    pub(crate) fn leases(&self) -> u64 {
        self.word.load(Ordering::Acquire) & LEASES
    }

    /// Waits until nobody holds the retired entry. For one waiter: the reaper.
    pub(crate) async fn drained(&self) {
        while self.leases() > 0 {
            // `notify_one` leaves a permit when nobody waits yet, so a release in between is not lost.
            self.drained.notified().await;
        }
    }
}
