//! Serving of one connection, from accept to close.

use std::{
    cell::RefCell,
    convert::Infallible,
    future::poll_fn,
    pin::pin,
    sync::Arc,
    task::{Poll, ready},
    time::Duration,
};

use axum::{
    BoxError,
    body::{Bytes, HttpBody},
};
use http::{Request, Response, Version};
use hyper::{body::Incoming, rt::Executor, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::conn::auto,
};
use ipnet::IpNet;
use tokio::{
    net::TcpStream,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::{either::Either, task::TaskTracker};
use tower::Service;

use super::{
    Limits, Listener, Peer, Tls,
    activity::{Activity, BodyProgress, Reason},
    handshake::{self, NoStream, handshake},
    prelude::until_first_request,
    proxy_header::{self, NoHeader},
    received_body::ReceivedBody,
    rejections::RejectionLog,
    response::Counted,
    socket::Socket,
    unread::UnreadShare,
};

/// Bytes of a request's head; more is 431. HTTP/1 also reads bodies and buffers responses in pieces of this size; HTTP/2
/// counts them by RFC 9113, section 6.5.2. hyper limits the number of fields to 100, which its parser keeps on the stack.
const HEAD_BYTES: u32 = 32 * 1024;

/// HTTP/2: time between two pings, which detect half-open connections.
const PING_INTERVAL: Duration = Duration::from_secs(20);

/// HTTP/2: time for the answer to a ping.
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// HTTP/2: bytes that a request's body may have before it is read, and a response's before it is sent. With hyper's
/// defaults (1 MiB and 400 KiB) a thousand peers could fill gigabytes.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;
const SEND_BUFFER: usize = 64 * 1024;

/// Why a connection is closed at the limit of connections although it has a request.
const SLOW_BODY: &str = "the request's body comes too slowly, and another connection waits for a place";

/// What all connections of a listener share.
pub(super) struct Protocol<S> {
    builder: auto::Builder<StreamExecutor>,
    service: S,
    limits: Arc<Limits>,
    tls: Option<Tls>,
    proxies: Option<Arc<[IpNet]>>,
    rejections: RejectionLog,
}

impl<S> Protocol<S> {
    pub(super) fn new(service: S, limits: Arc<Limits>, streams: TaskTracker, listener: &Listener) -> Self {
        let mut builder = auto::Builder::new(StreamExecutor {
            tasks: streams,
            exchange: limits.exchange,
        });
        builder
            .http1()
            // hyper's timer also runs between requests, so that it cannot tell idle from slow; `Activity` does.
            .header_read_timeout(None)
            // A head must fit into the buffer; hyper-util has no other limit for it.
            .max_buf_size(HEAD_BYTES as usize);
        builder
            .http2()
            .timer(TokioTimer::new())
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_send_buf_size(SEND_BUFFER)
            .max_concurrent_streams(limits.streams)
            .max_header_list_size(HEAD_BYTES)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT);
        Self {
            builder,
            service,
            limits,
            tls: listener.tls.clone(),
            proxies: listener.proxies.clone(),
            rejections: RejectionLog::new(listener.plane, listener.name),
        }
    }

    /// Serves a connection until it is closed: by its peer, by a limit, or because it is asked to.
    pub(super) async fn serve<B>(
        self: Arc<Self>,
        mut tcp: TcpStream,
        mut peer: Peer,
        activity: Arc<Activity>,
        mut unread: UnreadShare,
    ) where
        S: Service<Request<ReceivedBody>, Response = Response<B>, Error = Infallible, Future: Send + 'static>,
        S: Clone,
        B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let deadline = Instant::now() + self.limits.first_request;
        if self.expects_header(peer) {
            match until_first_request(&activity, deadline, proxy_header::read(&mut tcp)).await {
                Ok(Ok(client)) => peer = peer.proxying(client),
                Ok(Err(error)) => return self.report_header(peer, &error),
                Err(reason) => return report_closed(peer, reason),
            }
        }
        let stream = match &self.tls {
            None => Either::Left(Socket::new(tcp, Arc::clone(&activity), self.limits.linger)),
            // Boxed: it is large, and most listeners have none.
            Some(tls) => {
                match Box::pin(handshake(tls.acceptor(), tcp, &activity, &self.limits, deadline)).await {
                    Ok(stream) => Either::Right(Box::new(stream)),
                    Err(ended) => {
                        self.report_handshake(peer, &ended);
                        return handshake::close(ended, &activity, deadline).await;
                    }
                }
            }
        };
        let reports = Arc::clone(&activity);
        // hyper calls by shared reference; a clone for each call would count in what all threads share.
        let service = RefCell::new(self.service.clone());
        let exchange = service_fn(move |request: Request<Incoming>| {
            let http2 = request.version() == Version::HTTP_2;
            let has_body = !request.body().is_end_stream();
            let exchange = reports.begin(http2, has_body);
            let progress = has_body.then(|| BodyProgress::new(Arc::clone(&reports)));
            let mut request = request.map(|body| ReceivedBody::new(body, progress));
            request.extensions_mut().insert(peer);
            let response = service.borrow_mut().call(request);
            async move {
                let Ok(response) = response.await;
                Ok::<_, Infallible>(response.map(|body| Counted::new(body, exchange)))
            }
        });
        let mut connection = pin!(self.builder.serve_connection(TokioIo::new(stream), exchange));
        let mut timer = pin!(sleep_until(Instant::now()));
        let mut closing = false;
        let ended = poll_fn(|cx| {
            activity.set_task(cx.waker());
            loop {
                if let Poll::Ready(closed) = connection.as_mut().poll(cx) {
                    return Poll::Ready(Ok(closed));
                }
                unread.set(activity.unread());
                // After the connection: a request that has come is begun, and the connection is not idle.
                let reason = if let Some(reason) = activity.asked(closing) {
                    reason
                } else {
                    ready!(timer.as_mut().poll(cx));
                    match activity.check(&self.limits, closing) {
                        Ok(next) => {
                            timer.as_mut().reset(next);
                            continue;
                        }
                        Err(reason) => reason,
                    }
                };
                // An idle connection of HTTP/1 is just closed. HTTP/2 tells the peer, which then knows that a request on
                // its way was not begun, and TLS that nothing was cut off.
                let to_do = activity.is_http2() || !activity.is_idle() || self.tls.is_some();
                if closing || !to_do || !matches!(reason, Reason::Idle | Reason::Shutdown) {
                    return Poll::Ready(Err(reason));
                }
                closing = true;
                activity.begin_closing();
                connection.as_mut().graceful_shutdown();
                timer.as_mut().reset(Instant::now());
            }
        });
        match ended.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => match error.downcast_ref::<hyper::Error>() {
                // hyper has answered it by itself: 400, 414 or 431.
                Some(error) if error.is_parse() => self.rejections.log(peer, error),
                _ => tracing::debug!(peer = %peer.addr(), error, "connection failed"),
            },
            Err(reason @ Reason::SlowBody) => {
                report_closed(peer, reason);
                self.rejections.log(peer, &SLOW_BODY);
            }
            Err(reason) => report_closed(peer, reason),
        }
    }

    fn expects_header(&self, peer: Peer) -> bool {
        let mut proxies = self.proxies.iter().flat_map(|proxies| proxies.iter());
        proxies.any(|network| network.contains(&peer.ip()))
    }

    fn report_header(&self, peer: Peer, error: &NoHeader) {
        match error {
            // Also a probe that only opens a connection.
            NoHeader::Failed(error) => tracing::debug!(peer = %peer.addr(), %error, "connection failed"),
            NoHeader::Malformed => self.rejections.log(peer, error),
        }
    }

    fn report_handshake(&self, peer: Peer, ended: &NoStream) {
        match ended {
            NoStream::Closed(reason) => report_closed(peer, *reason),
            // Also a probe that only opens a connection.
            NoStream::Failed(error) => tracing::debug!(peer = %peer.addr(), %error, "connection failed"),
            NoStream::Refused(error, _) => self
                .rejections
                .log(peer, &format_args!("TLS handshake failed: {error}")),
            NoStream::NotTls => self.rejections.log(
                peer,
                &"no TLS handshake: the peer speaks plain HTTP or something else",
            ),
        }
    }
}

fn report_closed(peer: Peer, reason: Reason) {
    tracing::debug!(peer = %peer.addr(), ?reason, "connection closed");
}

/// Runs HTTP/2's requests as tasks that end in time, and that [`serve`](super::serve) waits for. They also end with their
/// connection: hyper asks after the stream whenever the handler waits.
#[derive(Clone)]
struct StreamExecutor {
    tasks: TaskTracker,
    exchange: Duration,
}

impl<F> Executor<F> for StreamExecutor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, stream: F) {
        // Dropping what is left of it resets the stream.
        self.tasks.spawn(timeout(self.exchange, stream));
    }
}
