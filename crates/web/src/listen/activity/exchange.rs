//! [`Exchange`]: a request in flight and the unread parts of its response.

use std::sync::{Arc, atomic::Ordering};

use tokio::time::Instant;

use super::{Activity, RELAXED};

/// A request in flight, from its head until the peer has read the response. Each part of a response has a clone.
#[derive(Debug)]
pub(in crate::listen) struct Exchange(Arc<Activity>);

impl Exchange {
    pub(super) fn new(activity: Arc<Activity>) -> Self {
        activity.exchanges.fetch_add(1, RELAXED);
        Self(activity)
    }

    /// A part of the response starts waiting to be read. Returns the start.
    pub(in crate::listen) fn wait(&self, bytes: usize) -> Instant {
        let since = Instant::now();
        if self.0.unread.fetch_add(bytes, RELAXED) == 0 {
            self.0.progressed.set_to(since);
        }
        if self.0.is_http2() {
            self.0.waiting().push(since);
        }
        since
    }

    /// The peer has read some of a part.
    pub(in crate::listen) fn progress(&self) {
        self.0.progressed.set();
    }

    /// A part that has waited since `since` was read or dropped.
    pub(in crate::listen) fn end(&self, bytes: usize, since: Instant) {
        self.0.unread.fetch_sub(bytes, RELAXED);
        if self.0.is_http2() {
            let mut waiting = self.0.waiting();
            if let Some(place) = waiting.iter().position(|other| *other == since) {
                waiting.swap_remove(place);
            }
        }
    }
}

impl Clone for Exchange {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.0))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        // Before the count, so that a thread that sees no exchange sees the new time. HTTP/2 exchanges end on several
        // threads.
        if self.0.is_http2() || self.0.exchanges.load(RELAXED) == 1 {
            self.0.since.set();
        }
        self.0.exchanges.fetch_sub(1, Ordering::Release);
    }
}
