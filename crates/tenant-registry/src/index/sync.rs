//! Synchronisation primitives of stripes and entries. Their loom model brings its own in place of this module.

use std::cell::Cell;
pub(crate) use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(crate) use tokio::sync::Notify;

/// Not numbered yet.
const UNKNOWN: usize = usize::MAX;

thread_local! {
    static NUMBER: Cell<usize> = const { Cell::new(UNKNOWN) };
}

/// This thread's number, which selects its stripe: at first the order in which threads asked for theirs.
pub(crate) fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    match NUMBER.get() {
        UNKNOWN => {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            NUMBER.set(number);
            number
        }
        number => number,
    }
}

/// Moves this thread to the next stripe, since another thread counts in its own. Threads that run at once so spread
/// over the stripes, whatever numbers they began with.
#[cold]
pub(crate) fn change_stripe() {
    NUMBER.set(thread_number().wrapping_add(1));
}
