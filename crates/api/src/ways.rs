//! The ways into the tenant plane that a listener opens.

use std::sync::Arc;

use crate::api_key::ApiKeys;
use crate::jwt::Tokens;
use crate::network::TrustedNetworks;
use crate::tenant::TenantHosts;

/// The ways into the plane. What is `None` is closed.
#[derive(Debug, Clone, Default)]
pub struct Ways {
    /// `/v1/internal`, for these networks, whose callers name their tenant.
    pub internal: Option<TrustedNetworks>,
    /// `/v1`, for callers with one of these credentials.
    pub public: Option<Credentials>,
    /// Hosts that name a tenant.
    pub hosts: TenantHosts,
}

/// Kinds of credentials. One of a kind that is `None` is refused as an invalid one is.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// API keys.
    pub keys: Option<Arc<dyn ApiKeys>>,
    /// JSON Web Tokens.
    pub tokens: Option<Arc<dyn Tokens>>,
}

impl Ways {
    /// The internal prefix alone, for these networks.
    pub fn internal(networks: TrustedNetworks) -> Self {
        Self {
            internal: Some(networks),
            ..Self::default()
        }
    }

    /// Both prefixes: the internal one for these networks, the public one for API keys, and for tokens if there are some.
    pub fn all(networks: TrustedNetworks, keys: Arc<dyn ApiKeys>, tokens: Option<Arc<dyn Tokens>>) -> Self {
        Self {
            internal: Some(networks),
            public: Some(Credentials {
                keys: Some(keys),
                tokens,
            }),
            hosts: TenantHosts::default(),
        }
    }
}
