//! One connection, from accept to close.

use std::{error::Error, future::poll_fn, pin::pin, sync::Arc, task::Poll};

use axum::Router;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Limits, Peer, activity::Activity, exchange::Exchanges, executor::StreamExecutor, io::Socket,
    state::Overdue,
};

/// hyper's own number of HTTP/1 headers, whose parser keeps them on the stack.
const HEADERS_ON_THE_STACK: usize = 100;

/// The smallest buffer that hyper's HTTP/1 takes without a panic.
const SMALLEST_BUFFER: usize = 8192;

/// HTTP/2: bytes of bodies that a peer may send before anyone reads them, for a request and for a connection.
/// With hyper's own (1 MiB) a thousand peers could fill a gigabyte while their requests wait for something
/// else.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// What all connections of a listener share.
pub(super) struct Protocol {
    builder: auto::Builder<StreamExecutor>,
    router: Router,
    limits: Arc<Limits>,
}

/// Why a connection's future is looked at.
enum Event {
    Closed(Result<(), Box<dyn Error + Send + Sync>>),
    Due,
    Asked,
    Stop,
}

impl Protocol {
    pub(super) fn new(router: Router, limits: &Arc<Limits>, streams: TaskTracker) -> Self {
        let mut builder = auto::Builder::new(StreamExecutor::new(streams, limits.exchange));
        builder
            .http1()
            // hyper's timer for heads also runs between requests, so it cannot tell idle from slow;
            // `Activity` does.
            .header_read_timeout(None)
            // A head must fit into the buffer; hyper-util has no other way to bound it.
            .max_buf_size(
                usize::try_from(limits.head_bytes)
                    .unwrap_or(usize::MAX)
                    .max(SMALLEST_BUFFER),
            );
        if limits.headers != HEADERS_ON_THE_STACK {
            builder.http1().max_headers(limits.headers);
        }
        builder
            .http2()
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(limits.head_bytes)
            .keep_alive_interval(limits.ping_interval)
            .keep_alive_timeout(limits.ping_timeout);
        // Turns handlers into routes now rather than once a request.
        Self {
            builder,
            router: router.with_state(()),
            limits: Arc::clone(limits),
        }
    }

    /// Serves a connection until it is closed: by the peer, by a limit, or gracefully after `stop`.
    pub(super) async fn serve(
        self: Arc<Self>,
        tcp: TcpStream,
        peer: Peer,
        activity: Arc<Activity>,
        stop: CancellationToken,
    ) {
        let io = TokioIo::new(Socket::new(tcp, Arc::clone(&activity)));
        let begin_for_the_gone = self.limits.begin_for_the_gone;
        let service = Exchanges::new(
            self.router.clone(),
            peer,
            Arc::clone(&activity),
            begin_for_the_gone,
        );
        let mut connection = pin!(self.builder.serve_connection(io, service));
        let mut stop = pin!(stop.cancelled_owned());
        let mut asked = pin!(activity.asked());
        let mut timer = pin!(sleep_until(activity.due()));
        let (mut stopping, mut closing) = (false, false);
        loop {
            let event = poll_fn(|cx| {
                if let Poll::Ready(closed) = connection.as_mut().poll(cx) {
                    return Poll::Ready(Event::Closed(closed));
                }
                // After the connection: a request that has come is begun, and then it is not idle.
                if asked.as_mut().poll(cx).is_ready() {
                    asked.set(activity.asked());
                    return Poll::Ready(Event::Asked);
                }
                // A time that has moved away is left to pass, and is looked at again then: requests that
                // follow each other closely do not touch the timer.
                let due = activity.due();
                if !closing && due < timer.deadline() {
                    timer.as_mut().reset(due);
                }
                if timer.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Event::Due);
                }
                if !stopping && stop.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Event::Stop);
                }
                Poll::Pending
            });
            match (event.await, activity.overdue()) {
                (Event::Closed(Ok(())), _) => return,
                (Event::Closed(Err(error)), _) => {
                    return tracing::debug!(peer = %peer.addr(), error, "connection failed");
                }
                (Event::Stop, _) => {
                    stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
                (Event::Due, None) if !closing => timer.as_mut().reset(activity.due()),
                (Event::Asked, None) => {}
                // HTTP/2 tells the peer, which then knows that a request on its way was not begun.
                (Event::Due, Some(Overdue::Idle)) if !closing => {
                    closing = true;
                    connection.as_mut().graceful_shutdown();
                    timer.as_mut().reset(Instant::now() + self.limits.linger);
                }
                (Event::Due | Event::Asked, overdue) => {
                    return tracing::debug!(peer = %peer.addr(), ?overdue, "connection cut");
                }
            }
        }
    }
}
