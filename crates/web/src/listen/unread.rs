//! Memory of the responses that peers have not read, over all connections of a listener.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;

#[derive(Debug)]
pub(super) struct UnreadTotal {
    bytes: AtomicUsize,
    pub(super) limit: usize,
    /// Notified when the total is above the limit.
    pub(super) exceeded: Notify,
}

impl UnreadTotal {
    pub(super) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            bytes: AtomicUsize::new(0),
            limit,
            exceeded: Notify::new(),
        })
    }
}

/// A connection's part of the total. All threads share that, so it changes only where a response is not read at once.
#[derive(Debug)]
pub(super) struct UnreadShare {
    total: Arc<UnreadTotal>,
    bytes: usize,
}

impl UnreadShare {
    pub(super) fn new(total: Arc<UnreadTotal>) -> Self {
        Self { total, bytes: 0 }
    }

    pub(super) fn set(&mut self, bytes: usize) {
        if bytes == self.bytes {
            return;
        }
        let change = bytes.wrapping_sub(self.bytes);
        let before = self.total.bytes.fetch_add(change, Ordering::Relaxed);
        if bytes > self.bytes && before.wrapping_add(change) > self.total.limit {
            self.total.exceeded.notify_one();
        }
        self.bytes = bytes;
    }
}

impl Drop for UnreadShare {
    fn drop(&mut self) {
        self.set(0);
    }
}
