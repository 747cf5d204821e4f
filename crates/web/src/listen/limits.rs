//! What bounds a connection.

use std::time::Duration;

/// What bounds a listener's connections, and when their requests begin. Every duration must be greater than zero.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at a time. At the cap the one that has been idle for longest is closed for the next that comes;
    /// while none is idle, the next waits, and all behind it in the kernel's backlog.
    pub connections: usize,
    /// From the connection to the end of its first request's head: a peer that sends nothing, half a head, or
    /// half of HTTP/2's preface is cut. (hyper-util's detection of the version waits without end.)
    pub first_request: Duration,
    /// HTTP/1: from the first byte of a later head to its end.
    pub header: Duration,
    /// From the end of a response to the first byte (HTTP/1) or the end of the head (HTTP/2) of the next
    /// request.
    pub idle: Duration,
    /// From the end of a request's head to the end of its response: the last resort against a peer that reads
    /// too slowly. The stack's deadline answers long before.
    pub exchange: Duration,
    /// The longest that a connection's answers may wait for the peer to take anything (HTTP/2: to open a window,
    /// which is looked at once in this time while a request is under way).
    pub stall: Duration,
    /// Bytes of answers that wait to be sent, over all connections of the listener: what its peers can have it hold
    /// by not reading. Past it, those connections are cut whose answers have waited longest.
    pub unsent: usize,
    /// How long a connection that is closed may take to let the peer read its last response.
    pub linger: Duration,
    /// HTTP/1: header fields of a request; more is 431. Another number than hyper's own, 100, costs an
    /// allocation a request.
    pub headers: usize,
    /// The bytes of a request's head; more is 431. Not less than 8 KiB for HTTP/1, which also reads bodies
    /// and gathers responses in pieces of this size; for HTTP/2 as its settings count them (RFC 9113, section
    /// 6.5.2).
    pub head_bytes: u32,
    /// HTTP/2: requests at a time on one connection.
    pub streams: u32,
    /// HTTP/2: time between two pings, which find out peers that are gone.
    pub ping_interval: Duration,
    /// HTTP/2: time that the answer to a ping may take.
    pub ping_timeout: Duration,
    /// HTTP/1: whether a request is begun also when its client has hung up right behind it. For a plane that keeps a
    /// log of what is tried; anywhere else such a request would be work for nobody.
    pub begin_for_the_gone: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1024,
            first_request: Duration::from_secs(10),
            header: Duration::from_secs(10),
            idle: Duration::from_mins(1),
            exchange: Duration::from_mins(2),
            stall: Duration::from_secs(20),
            unsent: 64 * 1024 * 1024,
            linger: Duration::from_secs(2),
            headers: 100,
            head_bytes: 32 * 1024,
            streams: 64,
            ping_interval: Duration::from_secs(20),
            ping_timeout: Duration::from_secs(10),
            begin_for_the_gone: false,
        }
    }
}
