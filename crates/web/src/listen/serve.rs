//! The life of a listener: accept, stop, drain.

use std::{sync::Arc, time::Duration};

use axum::Router;
use tokio::{task::JoinSet, time::timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Limits, Listener,
    accept::{Accepted, Door},
    activity::Activity,
    connection::Protocol,
    guests::Guests,
    unsent::Total,
};

/// How long an aborted task may take to reach its next await. One that never does (it blocks its thread) is
/// left behind, rather than holding up the end of the process.
const ABORT: Duration = Duration::from_secs(1);

/// How a listener's connections ended once it was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that ended by themselves, their last request answered.
    pub closed: usize,
    /// Connections that were cut at the deadline.
    pub aborted: usize,
}

/// Serves `router` until `stop`, in two stages:
///
/// 1. The port is given back, so that new connections are refused, and each open connection is told to end
///    with the requests that it has begun: an idle one ends at once.
/// 2. Connections that are still there after `drain` are cut, and their handlers dropped where they stand.
///
/// Dropping the future cuts everything at once: the way for a second signal.
pub async fn serve(
    listener: Listener,
    router: Router,
    limits: Limits,
    stop: CancellationToken,
    drain: Duration,
) -> Drained {
    let limits = Arc::new(limits);
    let unsent = Total::new(limits.unsent);
    let mut door = Door::new(listener, limits.connections);
    let mut guests = Guests::default();
    let streams = TaskTracker::new();
    let protocol = Arc::new(Protocol::new(router, &limits, streams.clone()));
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            // Takes finished tasks out of the set, which would grow without end.
            Some(ended) = connections.join_next_with_id() => {
                guests.remove(ended.map_or_else(|panic| panic.id(), |(task, ())| task));
            }
            () = unsent.over() => guests.make_memory(&unsent),
            Some(Accepted { tcp, peer, place }) = door.next(&guests) => {
                let activity = Activity::new(Arc::clone(&limits), Arc::clone(&unsent));
                // A token of its own: one that all share would be a lock that all contend for.
                let served = Arc::clone(&protocol).serve(tcp, peer, Arc::clone(&activity), stop.child_token());
                let task = connections.spawn(async move {
                    served.await;
                    drop(place);
                });
                guests.add(task.id(), activity);
            }
        }
    }
    drop(door);
    let drained = drain_within(drain, &mut connections).await;
    // Requests of HTTP/2 run beside their connections, and end after them.
    streams.close();
    let _ = timeout(ABORT, streams.wait()).await;
    drained
}

async fn drain_within(deadline: Duration, connections: &mut JoinSet<()>) -> Drained {
    let mut closed = 0;
    let all = async {
        while connections.join_next().await.is_some() {
            closed += 1;
        }
    };
    let _ = timeout(deadline, all).await;
    let aborted = connections.len();
    let _ = timeout(ABORT, connections.shutdown()).await;
    Drained { closed, aborted }
}
