//! The service's own tenant plane, as `tenantry serve` puts it together.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context as _;
use api::{Admission, TrustedNetworks, Ways};
use axum::Extension;
use tokio_util::sync::CancellationToken;
use web::listen::{Limits, Listener};
use web::page::{CursorKey, CursorKeys};
use web::{StackSettings, serve, stack};

use super::serve::Server;
use crate::engine::Engine;

/// Serves it over this engine's registry until the result is dropped.
///
/// # Errors
/// When there is no free port.
pub(super) fn serve_plane(engine: &Engine) -> anyhow::Result<Server> {
    let loopback = "127.0.0.0/8".parse().context("no network")?;
    let networks = TrustedNetworks::new([loopback]);
    let router = stack(
        api::plane(
            engine.registry(),
            Ways::internal(networks),
            &Admission::unlimited(),
        )
        .route_layer(Extension(CursorKeys::new(CursorKey::new(&[1; 32]), []))),
        StackSettings::new("tenant"),
    );
    let listener = Listener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr();
    let stop = CancellationToken::new();
    tokio::spawn(serve(
        listener,
        router,
        Limits::default(),
        stop.clone(),
        Duration::from_secs(1),
    ));
    Ok(Server::running(address, stop.drop_guard()))
}
