//! Access to internal routes from trusted networks only.
//!
//! The caller's network is that of the socket's peer, or behind a trusted proxy that of the client which the proxy
//! forwards for. Headers of other peers are not consulted: a client can write any header.

use std::net::IpAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use ipnet::IpNet;
use tower_http::validate_request::ValidateRequest;
use web::Problem;
use web::middleware::client_address;

use crate::codes;

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

impl ValidateRequest<Body> for TrustedNetworks {
    type ResponseBody = Body;

    /// Rejects callers from other networks, and those whose address is not known.
    fn validate(&mut self, request: &mut Request) -> Result<(), Response> {
        client_address(request.extensions())
            .is_some_and(|client| self.contain(client))
            .then_some(())
            .ok_or_else(|| Problem::new(codes::NETWORK_NOT_TRUSTED).into_response())
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
