//! A tenant's place in the registry: its pool, and who holds it.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Notify;

use crate::{TenantId, TenantPool};

/// The entry may be leased from the cache: set once its version was checked after it went in.
const PUBLISHED: u64 = 1 << 63;
/// No new lease is given; the reaper has it.
const RETIRED: u64 = 1 << 62;
/// The lower bits count the leases.
const LEASES: u64 = RETIRED - 1;

/// A resident tenant. One word holds the flags and the count of leases, so that a lease and a retirement
/// cannot miss each other.
pub(crate) struct Entry<P> {
    pub(crate) tenant: TenantId,
    pub(crate) pool: P,
    /// The tenant's epoch when its source was asked; see [`crate::epoch`].
    pub(crate) epoch: u64,
    word: AtomicU64,
    drained: Notify,
}

impl<P: TenantPool> Entry<P> {
    pub(crate) fn new(tenant: TenantId, pool: P, epoch: u64) -> Self {
        Self {
            tenant,
            pool,
            epoch,
            word: AtomicU64::new(0),
            drained: Notify::new(),
        }
    }

    /// Lets the cache's readers lease the entry.
    pub(crate) fn publish(&self) {
        self.word.fetch_or(PUBLISHED, Ordering::AcqRel);
    }

    /// Counts one lease more, unless the entry is retired or not published yet.
    pub(crate) fn try_lease(&self) -> bool {
        let mut word = self.word.load(Ordering::Acquire);
        while word & (PUBLISHED | RETIRED) == PUBLISHED {
            match self
                .word
                .compare_exchange_weak(word, word + 1, Ordering::AcqRel, Ordering::Acquire)
            {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Counts one lease more for someone who holds one already.
    pub(crate) fn share(&self) {
        self.word.fetch_add(1, Ordering::AcqRel);
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
