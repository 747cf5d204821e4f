//! The open connections of a listener, and which of them is closed for others.

use std::{collections::HashMap, future::pending, sync::Arc, time::Duration};

use tokio::{
    task::{Id, JoinSet},
    time::timeout,
};

use super::{Drained, Limits, activity::Activity};

/// How long an aborted task may take to reach its next await. A task that blocks its thread is left behind and does not
/// hold up the end of the process.
pub(super) const ABORT: Duration = Duration::from_secs(1);

/// Dropping it aborts them.
#[derive(Default)]
pub(super) struct ConnectionSet {
    tasks: JoinSet<()>,
    activities: HashMap<Id, Arc<Activity>>,
}

impl ConnectionSet {
    pub(super) fn len(&self) -> usize {
        self.tasks.len()
    }

    pub(super) fn spawn(
        &mut self,
        activity: Arc<Activity>,
        connection: impl Future<Output = ()> + Send + 'static,
    ) {
        let task = self.tasks.spawn(connection);
        self.activities.insert(task.id(), activity);
    }

    /// Waits until a connection has ended, and removes it.
    pub(super) async fn ended(&mut self) {
        let Some(ended) = self.tasks.join_next_with_id().await else {
            return pending().await;
        };
        let task = ended.map_or_else(|panic| panic.id(), |(task, ())| task);
        self.activities.remove(&task);
    }

    /// Asks the connection to close that is idle for longest, or if none is, the one whose request's body comes slowest.
    pub(super) fn make_room(&self, limits: &Limits) {
        if !self.evict_idle() {
            self.evict_slow(limits);
        }
    }

    /// Whether there was an idle connection to ask.
    fn evict_idle(&self) -> bool {
        let idle = self.activities.values();
        let idle = idle.filter_map(|activity| Some((activity.idle_since()?, activity)));
        let longest = idle.min_by_key(|(since, _)| *since);
        if let Some((_, longest)) = longest {
            longest.ask(&longest.evict);
        }
        longest.is_some()
    }

    fn evict_slow(&self, limits: &Limits) {
        let slow = self.activities.values();
        let slow = slow.filter_map(|activity| Some((activity.slow_body(limits)?, activity)));
        if let Some((_, slowest)) = slow.min_by_key(|(pace, _)| *pace) {
            slowest.ask(&slowest.evict_slow);
        }
    }

    /// Cuts the connections whose peers have read nothing for longest, until the others are within `limit` bytes.
    pub(super) fn cut_unread(&self, limit: usize) {
        let unread = self.activities.values();
        let unread = unread.filter_map(|activity| Some((activity.unread_since()?, activity)));
        let mut unread: Vec<_> = unread.collect();
        unread.sort_unstable_by_key(|(since, _)| *since);
        let mut bytes: usize = unread.iter().map(|(_, activity)| activity.unread()).sum();
        for (_, activity) in unread {
            if bytes <= limit {
                return;
            }
            bytes = bytes.saturating_sub(activity.unread());
            activity.ask(&activity.cut);
        }
    }

    /// Has all connections end with the requests that they have begun, and aborts those that remain at the deadline.
    pub(super) async fn drain(mut self, deadline: Duration) -> Drained {
        for activity in self.activities.values() {
            activity.ask(&activity.shut_down);
        }
        let open = self.tasks.len();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        let _ = timeout(deadline, all).await;
        let aborted = self.tasks.len();
        let _ = timeout(ABORT, self.tasks.shutdown()).await;
        Drained {
            closed: open - aborted,
            aborted,
        }
    }
}
