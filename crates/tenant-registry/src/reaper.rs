//! Closing of pools that left the registry, after their last lease or at a deadline.

pub(crate) mod reason;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::time::{Instant, timeout_at};

use crate::TenantPool;
use crate::clock::after;
use crate::index::{Entry, Retired};
use crate::observe::counters::Counters;
use crate::panics::{caught, caught_call};
use crate::pool::Closed;
use crate::reaper::reason::Reason;

/// An entry that left, and why.
type Departed<P> = (Arc<Entry<P>>, Reason);

/// Takes entries to close. Handing over never waits, and needs no runtime.
pub(crate) struct Reaper<P> {
    inbox: UnboundedSender<Departed<P>>,
    retired: Arc<Retired<P>>,
    counters: Arc<Counters>,
}

impl<P: TenantPool> Reaper<P> {
    /// Starts the task that receives; it ends with the reaper.
    pub(crate) fn start(deadline: Duration, counters: Arc<Counters>) -> Self {
        let (inbox, entries) = mpsc::unbounded_channel();
        let retired = Arc::new(Retired::new());
        tokio::spawn(receive(
            entries,
            deadline,
            Arc::clone(&retired),
            Arc::clone(&counters),
        ));
        Self {
            inbox,
            retired,
            counters,
        }
    }

    /// Ends the giving of leases and has the pool closed. Harmless when it is retired already.
    pub(crate) fn retire(&self, entry: &Arc<Entry<P>>, reason: Reason) {
        if !self.retired.add(entry) {
            return;
        }
        self.counters.retired(reason);
        // A panic of the pool must not end the registry's own task.
        let _ = caught_call("pool", || entry.body.pool.retire());
        if self.inbox.send((Arc::clone(entry), reason)).is_err() {
            // Only while the runtime goes down: the connections close with their sockets.
            tracing::debug!(tenant = %entry.body.tenant, "pool left to the runtime's end");
        }
    }

    /// Pools that are retired and not closed yet.
    pub(crate) fn retired(&self) -> &Retired<P> {
        &self.retired
    }
}

async fn receive<P: TenantPool>(
    mut entries: UnboundedReceiver<Departed<P>>,
    deadline: Duration,
    retired: Arc<Retired<P>>,
    counters: Arc<Counters>,
) {
    while let Some((entry, reason)) = entries.recv().await {
        let (retired, counters) = (Arc::clone(&retired), Arc::clone(&counters));
        let deadline = after(deadline);
        tokio::spawn(async move {
            // A pool that panics counts as closed, so that a shutdown does not wait for it.
            let _ = caught("pool", reap(&entry, deadline)).await;
            retired.remove(&entry);
            counters.closed(reason);
        });
    }
}

async fn reap<P: TenantPool>(entry: &Entry<P>, deadline: Instant) {
    if timeout_at(deadline, entry.drained()).await.is_err() {
        tracing::warn!(tenant = %entry.body.tenant, leases = entry.leases(), "closing a pool that is still leased");
    }
    if entry.body.pool.close(deadline).await == Closed::Deadline {
        tracing::warn!(tenant = %entry.body.tenant, "reap deadline passed with connections still borrowed");
    }
}
