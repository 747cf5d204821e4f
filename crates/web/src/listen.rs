//! HTTP/1 and HTTP/2 listener with bounds on everything that a peer can leave undone.
//!
//! hyper-util serves the connections. By itself, and in `axum::serve`, it waits for a head without end, accepts any
//! number of connections and keeps responses that are not read. Here each has its limit ([`Limits`]), and a shutdown has
//! a deadline ([`serve`]). With [`Tls`] a listener speaks TLS and nothing else; its handshake counts as the wait for the
//! first request.
//!
//! ```no_run
//! # async fn run(router: axum::Router) -> Result<(), web::listen::BindError> {
//! use std::time::Duration;
//! use tokio_util::sync::CancellationToken;
//! use web::listen::{Limits, Listener, serve};
//!
//! let listener = Listener::bind(([127, 0, 0, 1], 8080).into())?;
//! let stop = CancellationToken::new(); // cancelled on SIGTERM
//! let drained = serve(listener, router, Limits::default(), stop, Duration::from_secs(20)).await;
//! tracing::info!(drained.closed, drained.aborted, "stopped");
//! # Ok(())
//! # }
//! ```

mod activity;
mod bind;
mod connection;
mod connection_set;
mod handshake;
mod limits;
mod peer;
mod prelude;
mod proxy_header;
mod received_body;
mod rejections;
mod response;
mod serve;
mod socket;
mod tls;
mod unread;

pub use bind::{BindError, Listener};
pub use limits::Limits;
pub use peer::Peer;
pub use received_body::ReceivedBody;
pub use serve::{Drained, serve};
pub use tls::Tls;
