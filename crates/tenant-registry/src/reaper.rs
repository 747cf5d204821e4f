//! Closes the pools that left the registry, when nobody holds them any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, timeout_at};

use crate::entry::Entry;
use crate::pool::Closed;
use crate::{Counters, TenantPool};

/// What counts as for ever: a longer wait would leave the clock's range.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// Takes entries to close. Handing over never waits, and needs no runtime.
pub(crate) struct Reaper<P> {
    inbox: UnboundedSender<Arc<Entry<P>>>,
}

impl<P: TenantPool> Reaper<P> {
    /// Starts the task that receives; it ends with the reaper.
    pub(crate) fn start(deadline: Duration, counters: Arc<Counters>) -> Self {
        let (inbox, entries) = mpsc::unbounded_channel();
        tokio::spawn(receive(entries, deadline.min(FOR_EVER), counters));
        Self { inbox }
    }

    /// Ends the giving of leases and has the pool closed. Harmless when it is retired already.
    pub(crate) fn retire(&self, entry: &Arc<Entry<P>>) {
        if !entry.retire() {
            return;
        }
        entry.body.pool.retire();
        if self.inbox.send(Arc::clone(entry)).is_err() {
            // Only while the runtime goes down: the connections close with their sockets.
            tracing::debug!(tenant = %entry.body.tenant, "pool left to the runtime's end");
        }
    }
}

async fn receive<P: TenantPool>(
    mut entries: UnboundedReceiver<Arc<Entry<P>>>,
    deadline: Duration,
    counters: Arc<Counters>,
) {
    while let Some(entry) = entries.recv().await {
        tokio::spawn(reap(entry, Instant::now() + deadline, Arc::clone(&counters)));
    }
}

async fn reap<P: TenantPool>(entry: Arc<Entry<P>>, deadline: Instant, counters: Arc<Counters>) {
    if timeout_at(deadline, entry.drained()).await.is_err() {
        tracing::warn!(tenant = %entry.body.tenant, leases = entry.leases(), "closing a pool that is still leased");
    }
    if entry.body.pool.close(deadline).await == Closed::Deadline {
        tracing::warn!(tenant = %entry.body.tenant, "connections were still borrowed at the reaper's deadline");
    }
    counters.closed();
}
