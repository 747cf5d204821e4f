//! The two listeners.

use std::{net::SocketAddr, time::Duration};

use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;

/// What a listener grants its clients, the same keys on both planes.
#[derive(Debug, Clone, Deserialize)]
pub struct PlaneLimits {
    /// Open connections. Past them the one that has been idle for longest is closed for the next; while none is
    /// idle, the next waits.
    pub max_connections: usize,
    /// From accepting a connection to the end of its first request's headers.
    #[serde(with = "humantime_serde")]
    pub first_request_timeout: Duration,
    /// From a later request's first byte to the end of its headers.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// Between two requests of one connection.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
    /// From the end of a request's headers to the end of its body.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// From the end of a request's headers to the head of its response.
    #[serde(with = "humantime_serde")]
    pub request_timeout: Duration,
    /// Bytes of a request's body.
    pub body_limit: usize,
    /// Concurrent streams of one HTTP/2 connection.
    pub max_h2_streams: u32,
}

/// `[tenant_plane]`: API consumers.
#[derive(Debug, Clone, Deserialize)]
pub struct TenantPlaneSettings {
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// Whose peers may name their tenant by a header.
    pub trusted_networks: Vec<IpNet>,
    /// What its clients may do.
    #[serde(flatten)]
    pub limits: PlaneLimits,
}

/// `[admin_plane]`: operators, probes, scrapers.
#[derive(Debug, Clone, Deserialize)]
pub struct AdminPlaneSettings {
    /// Where it listens; port 0 takes any free one.
    pub listen: SocketAddr,
    /// What its clients may do.
    #[serde(flatten)]
    pub limits: PlaneLimits,
    /// A bearer token beside those in the control store.
    #[serde(skip)]
    pub token: Option<SecretString>,
}
