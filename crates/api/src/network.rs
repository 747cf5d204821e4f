//! Internal routes are open to trusted networks only.
//!
//! The caller's network is that of the socket's peer. No header is looked at: whoever can reach the port can
//! write any header.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::Either;
use ipnet::IpNet;
use tower::{Layer, Service};
use web::{Code, Peer, Problem};

/// The networks from which internal routes may be called.
#[derive(Debug, Clone, Default)]
pub struct TrustedNetworks(Arc<[IpNet]>);

impl TrustedNetworks {
    /// These networks and no others.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// The layer that refuses callers from elsewhere.
#[derive(Debug, Clone)]
pub struct TrustNetworks {
    networks: TrustedNetworks,
}

impl TrustNetworks {
    /// Lets callers of these networks in.
    pub fn new(networks: TrustedNetworks) -> Self {
        Self { networks }
    }
}

impl<S> Layer<S> for TrustNetworks {
    type Service = TrustNetworksService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        TrustNetworksService {
            inner,
            networks: self.networks.clone(),
        }
    }
}

/// See [`TrustNetworks`].
#[derive(Debug, Clone)]
pub struct TrustNetworksService<S> {
    inner: S,
    networks: TrustedNetworks,
}

impl<S: Service<Request, Response = Response>> Service<Request> for TrustNetworksService<S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        // Without a peer nobody has vouched for the address: refused as well.
        let trusted = request
            .extensions()
            .get::<Peer>()
            .is_some_and(|peer| self.networks.contain(peer.ip()));
        if trusted {
            Either::Left(self.inner.call(request))
        } else {
            Either::Right(ready(Ok(Problem::new(Code::NetworkNotTrusted).into_response())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_decides() {
        let networks =
            TrustedNetworks::new(["10.1.0.0/16", "::1/128"].map(|network| network.parse().unwrap()));
        for (address, trusted) in [
            ("10.1.2.3", true),
            ("10.2.0.1", false),
            ("::1", true),
            ("127.0.0.1", false),
        ] {
            assert_eq!(networks.contain(address.parse().unwrap()), trusted, "{address}");
        }
        assert!(!TrustedNetworks::default().contain("127.0.0.1".parse().unwrap()));
    }
}
