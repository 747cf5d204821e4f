//! The two listeners.

use std::net::SocketAddr;
use std::time::Duration;

use ipnet::IpNet;
use jwt_verifier::IssuerSettings;
use secrecy::SecretString;

use crate::declare::settings;
use crate::issuers::JwtIssuers;
use crate::kinds::Networks;
use crate::secret::{BearerToken, Secret};

settings! {
    /// Limits of a listener's clients, the same keys on both planes.
    pub struct PlaneLimits {
        /// Open connections.
        max_connections: usize,
        /// Duration from accepting a connection to the end of its first request's headers.
        first_request_timeout: Duration,
        /// Duration from a later request's first byte to the end of its headers.
        header_timeout: Duration,
        /// Duration between two requests of one connection.
        idle_timeout: Duration,
        /// Duration from the end of a request's headers to the end of its body.
        body_timeout: Duration,
        /// Duration from the end of a request's headers to the head of its response.
        request_timeout: Duration,
        /// Size of a request's body, in bytes.
        body_limit: usize,
        /// Concurrent streams of one HTTP/2 connection.
        max_h2_streams: u32,
    }

    /// `[tenant_plane]`: API consumers.
    pub struct TenantPlaneSettings {
        /// Address to listen on; port 0 takes any free one.
        listen: SocketAddr,
        /// Networks whose peers may name their tenant by a header.
        trusted_networks: Vec<IpNet> = Networks,
        /// Duration for which API keys are accepted while the control store is not reachable.
        max_key_staleness: Duration,
        /// Issuers whose JSON Web Tokens are accepted, `tenant_plane.jwt.issuers`.
        jwt_issuers: Vec<IssuerSettings> = JwtIssuers,
        /// Limits of its clients.
        limits: PlaneLimits,
    }

    /// `[admin_plane]`: operators, probes, scrapers.
    pub struct AdminPlaneSettings {
        /// Address to listen on; port 0 takes any free one.
        listen: SocketAddr,
        /// Limits of its clients.
        limits: PlaneLimits,
        /// A bearer token besides those in the control store.
        token: Option<SecretString> = Secret<BearerToken>,
    }
}
