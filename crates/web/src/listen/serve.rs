//! The life of a listener: accept, stop, drain.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use axum::{
    BoxError,
    body::{Bytes, HttpBody},
};
use http::{Request, Response};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::Service;

use super::{
    Limits, Listener, Peer, ReceivedBody,
    activity::Activity,
    connection::Protocol,
    connection_set::{ABORT, ConnectionSet},
    unread::{UnreadShare, UnreadTotal},
};

/// Pause after a failed accept. While the process or the machine is out of something, each accept fails at once, and a
/// loop without a pause would take a whole core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(250);

/// Time until the next connection is evicted, if the one that was asked had begun a request, or there was none to ask.
const EVICT_PAUSE: Duration = Duration::from_millis(50);

/// How a listener's connections ended after it was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drained {
    /// Connections that ended by themselves, their last request answered.
    pub closed: usize,
    /// Connections that were aborted at the deadline.
    pub aborted: usize,
}

/// Serves a [stack](crate::stack), or another service that is always ready, until `stop`. Then, in two stages:
///
/// 1. The port is closed, so that new connections are refused. Each open connection ends with the requests that it has
///    begun; one without a request ends at once.
/// 2. Connections that are open after `drain` are aborted, and their handlers dropped.
///
/// Dropping the future aborts everything at once, for a second signal.
pub async fn serve<S, B>(
    listener: Listener,
    service: S,
    limits: Limits,
    stop: CancellationToken,
    drain: Duration,
) -> Drained
where
    S: Service<Request<ReceivedBody>, Response = Response<B>, Error = Infallible, Future: Send + 'static>,
    S: Clone + Send + Sync + 'static,
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
{
    let limits = Arc::new(limits);
    let unread = UnreadTotal::new(limits.unread);
    let streams = TaskTracker::new();
    let protocol = Arc::new(Protocol::new(
        service,
        Arc::clone(&limits),
        streams.clone(),
        &listener,
    ));
    let mut connections = ConnectionSet::default();
    // Accepted, and waits for its place: no connection is evicted before another has come.
    let mut waiting = None;
    let mut retry = None;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = connections.ended() => {}
            () = unread.exceeded.notified() => connections.cut_unread(unread.limit),
            accepted = listener.tcp.accept(), if waiting.is_none() && retry.is_none() => match accepted {
                Ok((tcp, address)) => {
                    // Responses are written whole: waiting for more to send (Nagle) would only delay them. A socket
                    // that refuses the option is about to fail.
                    let _ = tcp.set_nodelay(true);
                    let peer = Peer::of(&tcp, address);
                    waiting = Some((tcp, peer));
                    retry = Some(Instant::now());
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    let address = listener.local_addr();
                    tracing::warn!(%error, %address, "cannot accept connections, will retry");
                    // A connection has a file descriptor and memory.
                    connections.make_room(&limits);
                    retry = Some(Instant::now() + ACCEPT_PAUSE);
                }
            },
            () = sleep_until(retry.unwrap_or_else(Instant::now)), if retry.is_some() => {
                retry = waiting.is_some().then(|| {
                    connections.make_room(&limits);
                    Instant::now() + EVICT_PAUSE
                });
            }
        }
        if connections.len() < limits.connections
            && let Some((tcp, peer)) = waiting.take()
        {
            retry = None;
            let activity = Arc::<Activity>::default();
            let share = UnreadShare::new(Arc::clone(&unread));
            let connection = Arc::clone(&protocol).serve(tcp, peer, Arc::clone(&activity), share);
            connections.spawn(activity, connection);
        }
    }
    drop((listener, waiting));
    let drained = connections.drain(drain).await;
    // Requests of HTTP/2 are tasks of their own, which end after their connections.
    streams.close();
    let _ = timeout(ABORT, streams.wait()).await;
    drained
}

/// Errors of a connection that was gone before it was accepted (accept(2)), as opposed to those of the process, such as
/// no file descriptors left.
fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_of_descriptors_is_not_one_connections_fault() {
        assert!(!is_of_one_connection(&io::Error::from_raw_os_error(24)), "EMFILE");
        assert!(is_of_one_connection(&io::ErrorKind::ConnectionAborted.into()));
    }
}
