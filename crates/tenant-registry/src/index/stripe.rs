//! Lease counter of an entry, one for each group of threads.
//!
//! Cores that count in one word pass its cache line back and forth: with two of them on one busy tenant, a lease
//! costs several times what it costs one. So an entry has a few stripes, each in memory of its own, and a thread
//! counts in the same one until it meets another thread there; then it moves on to the next.

use super::entry::Body;
use super::sync::{Arc, AtomicU64, Ordering, change_stripe};

/// No new lease is given; the reaper has the entry.
const RETIRED: u64 = 1 << 63;
/// Leased since the bit was taken last.
const USED: u64 = 1 << 62;
/// The lower bits count the leases.
const LEASES: u64 = USED - 1;

/// One word holds the flags and the count of leases, so that a lease and a retirement cannot miss each other, and
/// a hit writes no more than this word and the reference count beside it.
#[repr(align(64))]
pub(crate) struct Stripe<P> {
    word: AtomicU64,
    pub(crate) body: Arc<Body<P>>,
}

impl<P> Stripe<P> {
    pub(crate) fn new(body: Arc<Body<P>>) -> Self {
        Self {
            word: AtomicU64::new(0),
            body,
        }
    }

    /// Counts one lease more, unless the entry is retired.
    pub(crate) fn try_lease(&self) -> bool {
        let mut word = self.word.load(Ordering::Relaxed);
        while word & RETIRED == 0 {
            let leased = (word + 1) | USED;
            match self
                .word
                .compare_exchange(word, leased, Ordering::AcqRel, Ordering::Relaxed)
            {
                Ok(_) => return true,
                Err(changed) => {
                    change_stripe();
                    word = changed;
                }
            }
        }
        false
    }

    /// Counts one lease more for a holder of one.
    pub(crate) fn share(&self) {
        self.word.fetch_add(1, Ordering::Relaxed);
    }

    /// Gives a lease back; the last one of a retired stripe wakes the reaper.
    pub(crate) fn release(&self) {
        let before = self.word.fetch_sub(1, Ordering::AcqRel);
        if before & RETIRED != 0 && before & LEASES == 1 {
            self.body.drained.notify_one();
        }
    }

    /// Ends the giving of leases.
    pub(crate) fn retire(&self) {
        self.word.fetch_or(RETIRED, Ordering::AcqRel);
    }

    pub(crate) fn leases(&self) -> u64 {
        self.word.load(Ordering::Acquire) & LEASES
    }

    /// Whether it is held, or was leased since [`take_used`](Self::take_used).
    pub(crate) fn is_used(&self) -> bool {
        self.word.load(Ordering::Relaxed) & (USED | LEASES) != 0
    }

    /// As [`is_used`](Self::is_used), and clears the used bit.
    pub(crate) fn take_used(&self) -> bool {
        let word = self.word.load(Ordering::Relaxed);
        if word & USED != 0 {
            self.word.fetch_and(!USED, Ordering::Relaxed);
        }
        word & (USED | LEASES) != 0
    }
}
