//! Synchronisation primitives of stripes and entries. Their loom model brings its own in place of this module.

use std::cell::Cell;
pub(crate) use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
pub(crate) use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

pub(crate) use tokio::sync::Notify;

/// This thread's number: in the order in which threads asked for the first time.
pub(crate) fn thread_number() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    const UNKNOWN: usize = usize::MAX;
    thread_local! {
        static MINE: Cell<usize> = const { Cell::new(UNKNOWN) };
    }
    match MINE.get() {
        UNKNOWN => {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            MINE.set(number);
            number
        }
        number => number,
    }
}
