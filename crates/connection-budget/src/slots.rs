//! Slots of a pool's connections. Taking a slot's bit from the bitmap gives exclusive access to its content.

use super::idle_bitmap::{IdleBitmap, Slot};
use super::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// A duration, or a moment since the budget's start.
pub(crate) type Microseconds = u64;

/// A connection, its backend and its age.
#[derive(Debug)]
pub(crate) struct PooledConnection<C> {
    pub(crate) connection: C,
    /// The backend's process id on the server.
    pub(crate) pid: i32,
    /// When its login succeeded: the start of its tenant's turn, and of its age.
    pub(crate) opened: Microseconds,
    /// The server's epoch in which it was opened.
    pub(crate) epoch: u32,
}

pub(crate) struct Slots<C> {
    pub(crate) idle: IdleBitmap,
    cells: Box<[SlotCell<C>]>,
}

struct SlotCell<C> {
    /// Never contended: the slot's bit decides which thread owns it.
    content: Mutex<Option<PooledConnection<C>>>,
    idle_since: AtomicU64,
}

impl<C> Slots<C> {
    pub(crate) fn new(count: u32) -> Self {
        let cell = |_| SlotCell {
            content: Mutex::new(None),
            idle_since: AtomicU64::new(0),
        };
        Self {
            idle: IdleBitmap::new(),
            cells: (0..count).map(cell).collect(),
        }
    }

    /// Takes an idle connection, unless requests wait.
    pub(crate) fn take(&self) -> Option<(Slot, PooledConnection<C>)> {
        let slot = self.idle.take()?;
        self.collect(slot).map(|pooled| (slot, pooled))
    }

    /// Takes an idle connection even if requests wait. Under the budget's mutex.
    pub(crate) fn take_any(&self) -> Option<(Slot, PooledConnection<C>)> {
        let slot = self.idle.take_any()?;
        self.collect(slot).map(|pooled| (slot, pooled))
    }

    /// Takes the connection of this slot, if it is still idle.
    pub(crate) fn take_this(&self, slot: Slot) -> Option<PooledConnection<C>> {
        if self.idle.take_this(slot) {
            self.collect(slot)
        } else {
            None
        }
    }

    /// Makes the connection idle. Returns it if requests wait or the pool is closed.
    pub(crate) fn put(
        &self,
        slot: Slot,
        pooled: PooledConnection<C>,
        now: Microseconds,
    ) -> Result<(), PooledConnection<C>> {
        if self.idle.fast_path_closed() {
            return Err(pooled);
        }
        self.store(slot, pooled, now);
        self.take_back_unless(slot, self.idle.put(slot))
    }

    /// Makes the connection idle even if requests wait. Under the budget's mutex.
    pub(crate) fn put_despite_waiters(
        &self,
        slot: Slot,
        pooled: PooledConnection<C>,
        now: Microseconds,
    ) -> Result<(), PooledConnection<C>> {
        self.store(slot, pooled, now);
        self.take_back_unless(slot, self.idle.put_despite_waiters(slot))
    }

    /// Since when the slot's connection is idle, if it is idle.
    pub(crate) fn idle_since(&self, slot: Slot) -> Microseconds {
        self.cells
            .get(slot as usize)
            .map_or(Microseconds::MAX, |cell| cell.idle_since.load(Ordering::Relaxed))
    }

    fn store(&self, slot: Slot, pooled: PooledConnection<C>, now: Microseconds) {
        if let Some(cell) = self.cells.get(slot as usize) {
            cell.idle_since.store(now, Ordering::Relaxed);
            if let Some(mut content) = try_lock_content(&cell.content) {
                *content = Some(pooled);
            }
        }
    }

    fn take_back_unless(&self, slot: Slot, idle: bool) -> Result<(), PooledConnection<C>> {
        if idle {
            return Ok(());
        }
        // Without the bit the slot is still owned by this thread, and holds the connection.
        self.collect(slot).map_or(Ok(()), Err)
    }

    fn collect(&self, slot: Slot) -> Option<PooledConnection<C>> {
        try_lock_content(&self.cells.get(slot as usize)?.content)?.take()
    }
}

/// The slot's content, for its owner.
fn try_lock_content<C>(
    content: &Mutex<Option<PooledConnection<C>>>,
) -> Option<MutexGuard<'_, Option<PooledConnection<C>>>> {
    let guard = content.try_lock().ok();
    debug_assert!(guard.is_some(), "two owners of one slot");
    guard
}
