//! A router on a port of its own.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Context as _;
use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Ends when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    _stop: DropGuard,
}

impl Server {
    /// Serves the router until the result is dropped.
    ///
    /// # Errors
    /// When there is no free port.
    pub(super) async fn start(router: Router) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .context("no free port")?;
        let address = listener.local_addr().context("no address")?;
        let stop = CancellationToken::new();
        let stopped = stop.clone().cancelled_owned();
        tokio::spawn(async move {
            axum::serve(listener, router)
                .with_graceful_shutdown(stopped)
                .await
        });
        Ok(Self {
            address,
            _stop: stop.drop_guard(),
        })
    }

    /// One that listens there already, until the guard is dropped.
    pub(super) fn running(address: SocketAddr, stop: DropGuard) -> Self {
        Self { address, _stop: stop }
    }

    /// Where it listens.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}
