//! [`BodyProgress`]: a request's body that a reader waits for.

use std::sync::Arc;

use super::{Activity, RELAXED};

/// Reports a body to its connection, from the time when a reader has to wait for it. What has come with the head is never
/// waited for, and while the handler does other things, the peer is not to blame.
#[derive(Debug)]
pub(in crate::listen) struct BodyProgress {
    activity: Arc<Activity>,
    awaited: bool,
}

impl BodyProgress {
    pub(in crate::listen) fn new(activity: Arc<Activity>) -> Self {
        Self {
            activity,
            awaited: false,
        }
    }

    /// A reader waits for the peer.
    pub(in crate::listen) fn wait(&mut self) {
        if self.awaited {
            return;
        }
        self.awaited = true;
        if self.activity.bodies.fetch_add(1, RELAXED) == 0 {
            self.activity.body_bytes.store(0, RELAXED);
            self.activity.body_since.set();
        }
    }

    /// So many bytes have come.
    pub(in crate::listen) fn receive(&self, bytes: usize) {
        if self.awaited {
            self.activity.body_bytes.fetch_add(bytes, RELAXED);
        }
    }
}

impl Drop for BodyProgress {
    fn drop(&mut self) {
        if self.awaited {
            self.activity.bodies.fetch_sub(1, RELAXED);
        }
    }
}
