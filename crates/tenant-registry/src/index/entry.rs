//! A resident tenant: its pool, who holds it, and when it was used.

use std::thread::available_parallelism;

use super::stripe::Stripe;
use super::sync::{Arc, AtomicBool, AtomicU64, Notify, Ordering, thread_number};
use crate::lookup::opener::Purpose;
use crate::{TenantId, TenantPool};

/// More stripes than this cost memory and are of no use to a tenant's pool.
const MOST_STRIPES: usize = 8;

pub(crate) struct Entry<P> {
    pub(crate) body: Arc<Body<P>>,
    /// A power of two of them.
    stripes: Box<[Arc<Stripe<P>>]>,
    retired: AtomicBool,
    /// A change has come since it was opened.
    stale: AtomicBool,
    /// When it was found in use last, on the registry's clock.
    last_seen: AtomicU64,
    /// Opened ahead, and not found in use yet.
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
            stale: AtomicBool::new(false),
            last_seen: AtomicU64::new(now),
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

    /// Whether it is held, or was leased since this was asked last. If so, `now` is when it was used last.
    pub(crate) fn take_used(&self, now: u64) -> bool {
        // All of them, since each clears its used bit.
        let used = self.stripes.iter().filter(|stripe| stripe.take_used()).count() > 0;
        if used {
            self.last_seen.store(now, Ordering::Relaxed);
            self.ahead.store(false, Ordering::Relaxed);
        }
        used
    }

    /// When it was used last: now, if it is held or was leased since [`take_used`](Self::take_used). Changes nothing.
    pub(crate) fn last_used(&self, now: u64) -> u64 {
        if self.in_use() {
            now
        } else {
            self.last_seen.load(Ordering::Relaxed)
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

    /// Marks a retired entry: no caller gets it any more, not even one that has waited for it.
    pub(crate) fn mark_stale(&self) {
        self.stale.store(true, Ordering::Release);
    }

    pub(crate) fn is_stale(&self) -> bool {
        self.stale.load(Ordering::Acquire)
    }

    pub(crate) fn leases(&self) -> u64 {
        self.stripes.iter().map(|stripe| stripe.leases()).sum()
    }

    /// Waits until no lease is held on the retired entry. For one waiter: the reaper.
    pub(crate) async fn drained(&self) {
        // A retired stripe's count, once zero, stays so: only a holder shares a lease.
        while self.leases() > 0 {
            // `notify_one` leaves a permit when nothing waits yet, so a release in between is not lost.
            self.body.drained.notified().await;
        }
    }
}

/// How many stripes entries should have here: one for each thread that runs at once, within limits.
pub(crate) fn stripes() -> usize {
    available_parallelism().map_or(1, |threads| threads.get().next_power_of_two().min(MOST_STRIPES))
}
