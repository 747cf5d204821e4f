//! A tenant's own places for connections. Whoever took a slot's bit off the word is alone with its place.

use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering};
use super::word::{Slot, Word};

/// A moment: microseconds since the budget's start.
pub(crate) type Micros = u64;

/// A connection, and what the budget knows of it.
#[derive(Debug)]
pub(crate) struct Seated<C> {
    pub(crate) connection: C,
    /// The backend's process id on the server.
    pub(crate) pid: i32,
    /// When its login was done: the start of its tenant's turn, and of its age.
    pub(crate) opened: Micros,
    /// In which life of the server it was opened.
    pub(crate) epoch: u32,
}

pub(crate) struct Slots<C> {
    pub(crate) word: Word,
    places: Box<[Place<C>]>,
}

struct Place<C> {
    /// Never waited for: the bit in the word says whose it is.
    seated: Mutex<Option<Seated<C>>>,
    idle_since: AtomicU64,
}

impl<C> Slots<C> {
    pub(crate) fn new(count: u32) -> Self {
        let place = |_| Place {
            seated: Mutex::new(None),
            idle_since: AtomicU64::new(0),
        };
        Self {
            word: Word::new(),
            places: (0..count).map(place).collect(),
        }
    }

    /// The fast way in.
    pub(crate) fn take(&self) -> Option<(Slot, Seated<C>)> {
        let slot = self.word.take()?;
        self.collect(slot).map(|seated| (slot, seated))
    }

    /// Under the budget's mutex: an idle connection, whoever waits.
    pub(crate) fn take_any(&self) -> Option<(Slot, Seated<C>)> {
        let slot = self.word.take_any()?;
        self.collect(slot).map(|seated| (slot, seated))
    }

    /// This very one, if it is still idle.
    pub(crate) fn take_this(&self, slot: Slot) -> Option<Seated<C>> {
        if self.word.take_this(slot) {
            self.collect(slot)
        } else {
            None
        }
    }

    /// The fast way back. What could not be put back comes back: somebody waits, or the pool is closed.
    pub(crate) fn put(&self, slot: Slot, seated: Seated<C>, now: Micros) -> Result<(), Seated<C>> {
        if self.word.is_slow_or_retired() {
            return Err(seated);
        }
        self.place(slot, seated, now);
        self.settle(slot, self.word.put(slot))
    }

    /// Under the budget's mutex: makes it idle although the slow way is on.
    pub(crate) fn put_slow(&self, slot: Slot, seated: Seated<C>, now: Micros) -> Result<(), Seated<C>> {
        self.place(slot, seated, now);
        self.settle(slot, self.word.put_slow(slot))
    }

    /// Since when the slot's connection is idle, if it is.
    pub(crate) fn idle_since(&self, slot: Slot) -> Micros {
        self.places
            .get(slot as usize)
            .map_or(Micros::MAX, |place| place.idle_since.load(Ordering::Relaxed))
    }

    fn place(&self, slot: Slot, seated: Seated<C>, now: Micros) {
        if let Some(place) = self.places.get(slot as usize) {
            place.idle_since.store(now, Ordering::Relaxed);
            if let Some(mut alone) = alone(&place.seated) {
                *alone = Some(seated);
            }
        }
    }

    fn settle(&self, slot: Slot, idle: bool) -> Result<(), Seated<C>> {
        if idle {
            return Ok(());
        }
        // Without the bit the place is still ours, and holds what was just put there.
        self.collect(slot).map_or(Ok(()), Err)
    }

    fn collect(&self, slot: Slot) -> Option<Seated<C>> {
        alone(&self.places.get(slot as usize)?.seated)?.take()
    }
}

/// The place's content for its only visitor.
fn alone<C>(place: &Mutex<Option<Seated<C>>>) -> Option<MutexGuard<'_, Option<Seated<C>>>> {
    let guard = place.try_lock().ok();
    debug_assert!(guard.is_some(), "two visitors in one slot");
    guard
}
