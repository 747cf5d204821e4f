//! Limits of a listener and its connections.

use std::time::Duration;

/// Limits of a listener and its connections. Every duration must be greater than zero.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Open connections. At the limit the one that is idle for longest is closed for a new one, or if none is, the one whose
    /// request's body comes slowest ([`min_body_pace`](Self::min_body_pace)). While there is none of these, one waits for
    /// its place, and all others in the kernel's backlog.
    pub connections: usize,
    /// Bytes a second of a request's body, counted from the time when its reader first waits for the peer. A slower one is
    /// closed if its place is needed, and only then. (The default is that of Apache's `RequestReadTimeout`.)
    pub min_body_pace: u32,
    /// The time for which the pace of a body does not matter. With a place for each new connection in that time, a peer that
    /// drips bodies delays others by it.
    pub body_grace: Duration,
    /// From the connection to the end of its first request's head, or HTTP/2 preface and head. (hyper-util waits without
    /// end for the bytes that tell the version.)
    pub first_request: Duration,
    /// HTTP/1: from the first byte of a later head to its end.
    pub header: Duration,
    /// From the end of a response to the first byte (HTTP/1) or the end of the head (HTTP/2) of the next
    /// request.
    pub idle: Duration,
    /// From the end of a request's head to the end of its response: the last resort against a peer that reads
    /// too slowly. The middleware's deadline answers long before.
    pub exchange: Duration,
    /// The longest time in which a peer reads nothing of the responses that wait for it (HTTP/2: opens no window).
    pub stall: Duration,
    /// Bytes of responses that wait to be read, over all connections. Above this limit, the connections are closed whose
    /// peers have read nothing for longest.
    pub unread: usize,
    /// The time for the peer of a closed connection to read its last response, or to acknowledge the end (HTTP/2).
    pub linger: Duration,
    /// HTTP/2: concurrent requests of a connection.
    pub streams: u32,
}

impl Limits {
    /// The shortest time in which a connection may become overdue.
    pub(super) fn shortest(&self, closing: bool) -> Duration {
        let shortest = [self.first_request, self.header, self.idle, self.exchange]
            .into_iter()
            .fold(self.stall, Duration::min);
        if closing {
            shortest.min(self.linger)
        } else {
            shortest
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            min_body_pace: 500,
            body_grace: Duration::from_millis(500),
            first_request: Duration::from_secs(10),
            header: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            exchange: Duration::from_mins(2),
            stall: Duration::from_secs(20),
            unread: 64 * 1024 * 1024,
            linger: Duration::from_secs(2),
            streams: 64,
        }
    }
}
