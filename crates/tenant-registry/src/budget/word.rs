//! Which of a tenant's slots hold an idle connection, and two flags, in one word.
//!
//! One word and not two, so that nothing falls in between: who gives a connection back either sees that somebody
//! waits, or has made it visible to whoever is about to wait.

use super::sync::{AtomicU64, Ordering};

/// The most connections that a tenant of a [`BudgetedPool`](crate::BudgetedPool) may have: which of them are idle is one
/// word.
pub const MAX_SLOTS: u32 = 62;

/// The pool is closed: nothing becomes idle any more.
const RETIRED: u64 = 1 << 63;
/// Somebody waits: whoever comes or goes takes the slow way, past those who were there first.
const SLOW: u64 = 1 << 62;
const IDLE: u64 = SLOW - 1;

/// The number of a slot, below [`MAX_SLOTS`].
pub(crate) type Slot = u32;

pub(crate) struct Word(AtomicU64);

impl Word {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// The fast way in: the lowest idle slot, now the caller's. Low slots stay in use and high ones grow old.
    pub(crate) fn take(&self) -> Option<Slot> {
        self.take_unless(SLOW | RETIRED)
    }

    /// The lowest idle slot, whatever the flags say.
    pub(crate) fn take_any(&self) -> Option<Slot> {
        self.take_unless(0)
    }

    fn take_unless(&self, flags: u64) -> Option<Slot> {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |word| {
                (word & flags == 0 && word & IDLE != 0).then(|| word & (word - 1))
            })
            .ok()
            .map(|before| (before & IDLE).trailing_zeros())
    }

    /// This very slot; false when it is not idle any more.
    pub(crate) fn take_this(&self, slot: Slot) -> bool {
        self.0.fetch_and(!(1 << slot), Ordering::SeqCst) & (1 << slot) != 0
    }

    /// The fast way back: makes the slot idle. False, and nothing is done, when somebody waits or the pool is closed.
    pub(crate) fn put(&self, slot: Slot) -> bool {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |word| {
                (word & (SLOW | RETIRED) == 0).then_some(word | 1 << slot)
            })
            .is_ok()
    }

    /// Makes the slot idle although the slow way is on. False when the pool is closed.
    pub(crate) fn put_slow(&self, slot: Slot) -> bool {
        self.0
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |word| {
                (word & RETIRED == 0).then_some(word | 1 << slot)
            })
            .is_ok()
    }

    pub(crate) fn set_slow(&self) {
        self.0.fetch_or(SLOW, Ordering::SeqCst);
    }

    pub(crate) fn clear_slow(&self) {
        self.0.fetch_and(!SLOW, Ordering::SeqCst);
    }

    pub(crate) fn retire(&self) {
        self.0.fetch_or(RETIRED, Ordering::SeqCst);
    }

    pub(crate) fn is_retired(&self) -> bool {
        self.0.load(Ordering::SeqCst) & RETIRED != 0
    }

    /// Whether the fast way back is closed now, so that it need not be tried.
    pub(crate) fn is_slow_or_retired(&self) -> bool {
        self.0.load(Ordering::SeqCst) & (SLOW | RETIRED) != 0
    }

    #[cfg(test)]
    pub(crate) fn is_slow(&self) -> bool {
        self.0.load(Ordering::SeqCst) & SLOW != 0
    }

    /// How many slots are idle now.
    pub(crate) fn idle(&self) -> u32 {
        (self.0.load(Ordering::SeqCst) & IDLE).count_ones()
    }

    /// The idle slots of this moment, the lowest first.
    pub(crate) fn idle_slots(&self) -> impl Iterator<Item = Slot> + use<> {
        let mut left = self.0.load(Ordering::SeqCst) & IDLE;
        std::iter::from_fn(move || {
            let slot = left.trailing_zeros();
            left &= left.wrapping_sub(1);
            (slot < MAX_SLOTS).then_some(slot)
        })
    }
}
