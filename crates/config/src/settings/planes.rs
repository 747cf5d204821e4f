//! The two listeners.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use jwt_verifier::IssuerSettings;
use secrecy::SecretString;

use crate::declare::settings;
use crate::issuers::JwtIssuers;
use crate::kinds::{Hosts, Networks, Origins, Proxies, Within};
use crate::secret::{BearerToken, Secret};
use crate::settings::CENTURY;

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

    /// TLS of a listener, the same keys on both planes.
    pub struct PlaneTls {
        /// PEM file of the certificate and its chain. Without it the listener speaks plain HTTP.
        tls_cert_file: Option<PathBuf>,
        /// PEM file of the certificate's private key.
        tls_key_file: Option<PathBuf>,
        /// Days that browsers are told to use HTTPS alone; 0 tells them nothing.
        hsts_days: u32 = Within<0, CENTURY>,
    }

    /// `[tenant_plane]`: API consumers.
    pub struct TenantPlaneSettings {
        /// Address to listen on; port 0 takes any free one.
        listen: SocketAddr,
        /// Its TLS.
        tls: PlaneTls,
        /// Hosts that its requests may name; empty is any.
        allowed_hosts: Vec<String> = Hosts,
        /// Networks whose clients may name their tenant by a header.
        trusted_networks: Vec<IpNet> = Networks,
        /// Networks of the proxies whose word is taken for a client's address.
        trusted_proxies: Vec<IpNet> = Proxies,
        /// Whether connections of these proxies begin with a header of the PROXY protocol, version 2.
        proxy_protocol: bool,
        /// Origins whose pages may call it.
        cors_allowed_origins: Vec<String> = Origins,
        /// Duration for which API keys are accepted while the control store is not reachable.
        max_key_staleness: Duration,
        /// Issuers whose JSON Web Tokens are accepted, `tenant_plane.jwt.issuers`.
        jwt_issuers: Vec<IssuerSettings> = JwtIssuers,
        /// Requests under way at once.
        max_concurrent_requests: u32,
        /// Limits of its clients.
        limits: PlaneLimits,
    }

    /// `[admin_plane]`: operators, probes, scrapers.
    pub struct AdminPlaneSettings {
        /// Address to listen on; port 0 takes any free one.
        listen: SocketAddr,
        /// Its TLS.
        tls: PlaneTls,
        /// PEM file of the authorities that certify its clients. With it a client without such a certificate is refused.
        tls_client_ca_file: Option<PathBuf>,
        /// Hosts that its requests may name; empty is any.
        allowed_hosts: Vec<String> = Hosts,
        /// Limits of its clients.
        limits: PlaneLimits,
        /// A bearer token besides those in the control store.
        token: Option<SecretString> = Secret<BearerToken>,
    }
}
