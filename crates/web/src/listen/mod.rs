//! The accept loop, and what bounds a connection.
//!
//! `axum::serve` waits for ever for a request's head, and takes as many connections as come. Here each thing
//! that a peer can leave undone has its bound ([`Limits`]), and stopping has a deadline ([`serve`]).
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

mod accept;
mod activity;
mod begun;
mod bind;
mod connection;
mod exchange;
mod executor;
mod guests;
mod io;
mod limits;
mod peer;
mod serve;
mod state;
mod unsent;

pub use bind::{BindError, Listener};
pub use limits::Limits;
pub use peer::Peer;
pub use serve::{Drained, serve};
