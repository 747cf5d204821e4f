//! Closes the pools that left the cache, when nobody holds them any more.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, timeout};
use tokio_util::task::TaskTracker;

use crate::entry::Entry;
use crate::pool::Closed;
use crate::{Counters, TenantPool};

/// Takes retired entries. moka's eviction listener is synchronous and runs inside a cache operation: it only
/// hands over.
pub(crate) struct Reaper<P> {
    inbox: UnboundedSender<Arc<Entry<P>>>,
    tasks: TaskTracker,
}

impl<P> Clone for Reaper<P> {
    fn clone(&self) -> Self {
        Self {
            inbox: self.inbox.clone(),
            tasks: self.tasks.clone(),
        }
    }
}

impl<P: TenantPool> Reaper<P> {
    /// Starts the task that receives; it ends with the last handle.
    pub(crate) fn start(deadline: Duration, counters: Arc<Counters>) -> Self {
        let (inbox, entries) = mpsc::unbounded_channel();
        let tasks = TaskTracker::new();
        tokio::spawn(receive(entries, tasks.clone(), deadline, counters));
        Self { inbox, tasks }
    }

    /// Retires the entry and has its pool closed. Handing over the same entry twice is harmless.
    pub(crate) fn retire(&self, entry: &Arc<Entry<P>>) {
        if entry.retire() && self.inbox.send(Arc::clone(entry)).is_err() {
            // Only while the runtime goes down: the connections close with their sockets.
            tracing::debug!(tenant = %entry.tenant, "pool left to the runtime's end");
        }
    }
}

async fn receive<P: TenantPool>(
    mut entries: UnboundedReceiver<Arc<Entry<P>>>,
    tasks: TaskTracker,
    deadline: Duration,
    counters: Arc<Counters>,
) {
    while let Some(entry) = entries.recv().await {
        tasks.spawn(reap(entry, deadline, Arc::clone(&counters)));
    }
}

async fn reap<P: TenantPool>(entry: Arc<Entry<P>>, deadline: Duration, counters: Arc<Counters>) {
    let until = Instant::now() + deadline;
    if timeout(deadline, entry.drained()).await.is_err() {
        tracing::warn!(tenant = %entry.tenant, leases = entry.leases(), "closing a pool that is still leased");
    }
    if entry.pool.close(until).await == Closed::Deadline {
        tracing::warn!(tenant = %entry.tenant, "connections were still borrowed at the reaper's deadline");
    }
    counters.closed();
}
