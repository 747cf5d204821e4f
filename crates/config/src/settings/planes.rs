//! The listeners of the two planes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use jwt_verifier::IssuerSettings;
use secrecy::SecretString;
use serde::Deserialize;

use crate::declare::settings;
use crate::issuers::JwtIssuers;
use crate::kinds::{
    DEFAULT_LISTENER, Hosts, ListenerName, Networks, Origins, Proxies, TenantHosts, Within, Words,
};
use crate::listeners::TenantListeners;
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
        /// Ways that it opens, at least one.
        opens: Vec<Way> = Words<Way>,
        /// Its TLS.
        tls: PlaneTls,
        /// Hosts that its requests may name; empty is any.
        allowed_hosts: Vec<String> = Hosts,
        /// Domains right below which a host's label is a tenant's id, in ASCII and lower case: `example.com` for
        /// `{tenant}.example.com`.
        tenant_hosts: Vec<String> = TenantHosts,
        /// Networks whose clients may name their tenant, by a header or by the host.
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
        /// Listeners beside this one.
        listeners: Vec<TenantListenerSettings> = TenantListeners,
    }

    /// A listener of the tenant plane: a table of `tenant_plane.listeners`, with what it inherits.
    pub struct TenantListenerSettings {
        /// Its name in the log.
        name: String = ListenerName,
        /// Address to listen on; port 0 takes any free one.
        listen: SocketAddr,
        /// Ways that it opens, at least one.
        opens: Vec<Way> = Words<Way>,
        /// Its TLS.
        tls: PlaneTls,
        /// Hosts that its requests may name; empty is any.
        allowed_hosts: Vec<String> = Hosts,
        /// Domains right below which a host's label is a tenant's id.
        tenant_hosts: Vec<String> = TenantHosts,
        /// Networks whose clients may name their tenant, by a header or by the host.
        trusted_networks: Vec<IpNet> = Networks,
        /// Networks of the proxies whose word is taken for a client's address.
        trusted_proxies: Vec<IpNet> = Proxies,
        /// Whether connections of these proxies begin with a header of the PROXY protocol, version 2.
        proxy_protocol: bool,
        /// Origins whose pages may call it.
        cors_allowed_origins: Vec<String> = Origins,
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

/// A way into the tenant plane, which a listener opens or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// `/v1/internal`: from a trusted network, whose clients name their tenant.
    Internal,
    /// `/v1` with an API key.
    ApiKey,
    /// `/v1` with a JSON Web Token.
    Jwt,
}

impl Way {
    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::ApiKey => "api_key",
            Self::Jwt => "jwt",
        }
    }
}

impl TenantPlaneSettings {
    /// All listeners of the plane: the one of the section, then those beside it.
    pub fn all_listeners(&self) -> Vec<TenantListenerSettings> {
        let default = TenantListenerSettings {
            name: DEFAULT_LISTENER.to_owned(),
            listen: self.listen,
            opens: self.opens.clone(),
            tls: self.tls.clone(),
            allowed_hosts: self.allowed_hosts.clone(),
            tenant_hosts: self.tenant_hosts.clone(),
            trusted_networks: self.trusted_networks.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            proxy_protocol: self.proxy_protocol,
            cors_allowed_origins: self.cors_allowed_origins.clone(),
            limits: self.limits.clone(),
        };
        [default]
            .into_iter()
            .chain(self.listeners.iter().cloned())
            .collect()
    }
}

impl TenantListenerSettings {
    /// Whether it opens this way.
    pub fn opens(&self, way: Way) -> bool {
        self.opens.contains(&way)
    }
}
