//! Lock-free bitmap of a pool's idle connections, with two flags in the same word.
//!
//! One atomic word, so that no wake-up is lost: a thread that gives a connection back either sees that requests wait,
//! or has made the connection visible to the request that is about to wait.

use super::sync::{AtomicU64, Ordering};

/// The maximum number of connections of a [`BudgetedPool`](crate::BudgetedPool), whose idle connections are bits of one
/// word.
pub const MAX_SLOTS: u32 = 62;

/// The pool is closed: no connection becomes idle.
const CLOSED: u64 = 1 << 63;
/// Requests wait: connections are taken and given back through the engine, in order of arrival.
const HAS_WAITERS: u64 = 1 << 62;
const IDLE: u64 = HAS_WAITERS - 1;

/// The index of a slot, below [`MAX_SLOTS`].
pub(crate) type Slot = u32;

pub(crate) struct IdleBitmap(AtomicU64);

impl IdleBitmap {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Takes the lowest idle slot, unless requests wait. Low slots stay in use, so that high ones reach their idle
    /// timeout.
    pub(crate) fn take(&self) -> Option<Slot> {
        self.take_unless(HAS_WAITERS | CLOSED)
    }

    /// Takes the lowest idle slot, ignoring the flags.
    pub(crate) fn take_any(&self) -> Option<Slot> {
        self.take_unless(0)
    }

    fn take_unless(&self, flags: u64) -> Option<Slot> {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |bits| {
                (bits & flags == 0 && bits & IDLE != 0).then(|| bits & (bits - 1))
            })
            .ok()
            .map(|before| (before & IDLE).trailing_zeros())
    }

    /// Takes this slot. False if it is not idle.
    pub(crate) fn take_this(&self, slot: Slot) -> bool {
        self.0.fetch_and(!(1 << slot), Ordering::SeqCst) & (1 << slot) != 0
    }

    /// Makes the slot idle. False, and nothing is changed, if requests wait or the pool is closed.
    pub(crate) fn put(&self, slot: Slot) -> bool {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |bits| {
                (bits & (HAS_WAITERS | CLOSED) == 0).then_some(bits | 1 << slot)
            })
            .is_ok()
    }

    /// Makes the slot idle even if requests wait. False if the pool is closed.
    pub(crate) fn put_despite_waiters(&self, slot: Slot) -> bool {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |bits| {
                (bits & CLOSED == 0).then_some(bits | 1 << slot)
            })
            .is_ok()
    }

    pub(crate) fn set_has_waiters(&self) {
        self.0.fetch_or(HAS_WAITERS, Ordering::SeqCst);
    }

    pub(crate) fn clear_has_waiters(&self) {
        self.0.fetch_and(!HAS_WAITERS, Ordering::SeqCst);
    }

    pub(crate) fn close(&self) {
        self.0.fetch_or(CLOSED, Ordering::SeqCst);
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.0.load(Ordering::SeqCst) & CLOSED != 0
    }

    /// Whether [`put`](Self::put) would fail now.
    pub(crate) fn fast_path_closed(&self) -> bool {
        self.0.load(Ordering::SeqCst) & (HAS_WAITERS | CLOSED) != 0
    }

    #[cfg(test)]
    pub(crate) fn has_waiters(&self) -> bool {
        self.0.load(Ordering::SeqCst) & HAS_WAITERS != 0
    }

    /// The number of idle slots.
    pub(crate) fn count(&self) -> u32 {
        (self.0.load(Ordering::SeqCst) & IDLE).count_ones()
    }

    /// The slots that are idle now, the lowest first.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> + use<> {
        let mut left = self.0.load(Ordering::SeqCst) & IDLE;
        std::iter::from_fn(move || {
            let slot = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (slot < MAX_SLOTS).then_some(slot)
        })
    }
}
