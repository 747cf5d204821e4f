//! A tenant's place in the registry: its pool, and who holds it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::available_parallelism;

use tokio::sync::Notify;

use crate::opener::Purpose;
use crate::stripe::{Stripe, thread_number};
use crate::{TenantId, TenantPool};

/// More stripes than this cost memory and are of no use to a tenant's pool.
const MOST_STRIPES: usize = 8;

/// A resident tenant.
pub(crate) struct Entry<P> {
    pub(crate) body: Arc<Body<P>>,
    /// A power of two of them.
    stripes: Box<[Arc<Stripe<P>>]>,
    retired: AtomicBool,
    /// When a look found it in use last, on the registry's clock.
    seen: AtomicU64,
    /// Opened ahead, and no look has found it in use yet.
    ahead: AtomicBool,
}

/// What a lease keeps alive.
pub(crate) struct Body<P> {
    pub(crate) tenant: TenantId,
    pub(crate) pool: P,
    /// By the source's count; zero where it does not count.
    version: u64,
    pub(crate) drained: Notify,
}

impl<P: TenantPool> Entry<P> {
    pub(crate) fn new(
        tenant: TenantId,
        version: u64,
        pool: P,
        stripes: usize,
        now: u64,
        purpose: Purpose,
    ) -> Self {
        let body = Arc::new(Body {
            tenant,
            pool,
            version,
            drained: Notify::new(),
        });
        Self {
            stripes: (0..stripes)
                .map(|_| Arc::new(Stripe::new(Arc::clone(&body))))
                .collect(),
            body,
            retired: AtomicBool::new(false),
            seen: AtomicU64::new(now),
            ahead: AtomicBool::new(purpose == Purpose::WarmUp),
        }
    }

    /// Which of the tenant's changes it was opened by, where the source counts them.
    pub(crate) fn version(&self) -> Option<u64> {
        (self.body.version > 0).then_some(self.body.version)
    }

    /// The stripe in which this thread counts.
    pub(crate) fn stripe(&self) -> &Arc<Stripe<P>> {
        &self.stripes[thread_number() & (self.stripes.len() - 1)]
    }

    /// Ends the giving of leases: none begins after this has returned. True for the one caller who retired it.
    pub(crate) fn retire(&self) -> bool {
        let first = !self.retired.swap(true, Ordering::AcqRel);
        for stripe in &self.stripes {
            stripe.retire();
        }
        first
    }

    /// Since when it is unused, as far as looks can tell: now, if it is held or was leased since the last look.
    pub(crate) fn look(&self, now: u64) -> u64 {
        // All of them, since each forgets that it was used.
        let used = self.stripes.iter().filter(|stripe| stripe.take_used()).count();
        if used > 0 {
            self.seen.store(now, Ordering::Relaxed);
            self.ahead.store(false, Ordering::Relaxed);
        }
        self.seen.load(Ordering::Relaxed)
    }

    /// As [`look`](Self::look), and leaves no trace: the next look finds what this one found.
    pub(crate) fn last_used(&self, now: u64) -> u64 {
        if self.in_use() {
            now
        } else {
            self.seen.load(Ordering::Relaxed)
        }
    }

    /// As [`last_used`](Self::last_used), if it was leased at all.
    pub(crate) fn last_leased(&self, now: u64) -> Option<u64> {
        (self.in_use() || !self.ahead.load(Ordering::Relaxed)).then(|| self.last_used(now))
    }

    fn in_use(&self) -> bool {
        self.stripes.iter().any(|stripe| stripe.is_used())
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    pub(crate) fn leases(&self) -> u64 {
        self.stripes.iter().map(|stripe| stripe.leases()).sum()
    }

    /// Waits until nobody holds the retired entry. For one waiter: the reaper.
    pub(crate) async fn drained(&self) {
        // A retired stripe's count, once zero, stays so: a lease is only shared by who holds one.
        while self.leases() > 0 {
            // `notify_one` leaves a permit when nobody waits yet, so a release in between is not lost.
            self.body.drained.notified().await;
        }
    }
}

/// How many stripes entries should have here: one for each thread that runs at once, within limits.
pub(crate) fn stripes() -> usize {
    available_parallelism().map_or(1, |threads| threads.get().next_power_of_two().min(MOST_STRIPES))
}
