//! The crate over real sockets: what a client sees, and what the log says of it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod access;
mod bodies;
mod compression;
mod connections;
mod docs;
mod headers;
mod heads;
mod hosts;
mod http2;
mod problems;
mod proxies;
mod shutdown;
mod slow_bodies;
mod support;
mod timeouts;
mod tls;
mod unread;
