//! The tenant plane's handlers, one for each of its listeners: the same resources, by the ways that the listener opens.

use std::sync::Arc;

use api::{Admission, ApiKeys, Credentials, TenantHosts, TenantRegistry, Tokens, TrustedNetworks, Ways};
use axum::Extension;
use config::{TenantListenerSettings, TenantPlaneSettings, Way};
use isolation_doctor::Examinations;
use tower::ServiceBuilder;
use tower_http::validate_request::ValidateRequestHeaderLayer;
use web::middleware::TrustedProxies;
use web::page::CursorKeys;
use web::{Stack, StackSettings, reference, stack};

use crate::app::{around, origins};
use crate::gate::Gate;

/// What all listeners share.
pub(crate) struct Shared {
    pub(crate) registry: TenantRegistry,
    pub(crate) keys: Arc<dyn ApiKeys>,
    /// `None` without an issuer.
    pub(crate) tokens: Option<Arc<dyn Tokens>>,
    pub(crate) examinations: Examinations,
    /// Sign the cursors of lists.
    pub(crate) cursors: CursorKeys,
    /// Holds requests to the limits of their tenants, and all of them to that of the plane.
    pub(crate) admission: Admission,
}

impl Shared {
    /// The handlers, in the order of [`TenantPlaneSettings::all_listeners`].
    pub(crate) fn stacks(&self, settings: &TenantPlaneSettings) -> Vec<Stack> {
        let listeners = settings.all_listeners();
        let with_names = listeners.iter().zip(log_names(&listeners));
        with_names
            .map(|(listener, name)| self.stack(listener, name))
            .collect()
    }

    fn stack(&self, listener: &TenantListenerSettings, name: Option<&'static str>) -> Stack {
        let networks = TrustedNetworks::new(listener.trusted_networks.iter().copied());
        let router = api::plane(
            &self.registry,
            self.ways(listener, networks.clone()),
            &self.admission,
        )
        .route_layer(
            ServiceBuilder::new()
                .layer(ValidateRequestHeaderLayer::custom(Gate(
                    self.examinations.clone(),
                )))
                .layer(Extension(self.cursors.clone())),
        )
        // Who may call a plane may read what it is; of no tenant's data does that tell.
        .merge(reference::routes(&api::document()).route_layer(ValidateRequestHeaderLayer::custom(networks)));
        let settings = StackSettings {
            listener: name,
            same_site_below: listener.opens(Way::Internal).then_some(api::plane::INTERNAL),
            trusted_proxies: TrustedProxies::new(listener.trusted_proxies.iter().copied()),
            cors_origins: origins(&listener.cors_allowed_origins),
            ..around("tenant", &listener.limits, &listener.tls, &listener.allowed_hosts)
        };
        stack(router, settings)
    }

    fn ways(&self, listener: &TenantListenerSettings, networks: TrustedNetworks) -> Ways {
        let (by_key, by_token) = (listener.opens(Way::ApiKey), listener.opens(Way::Jwt));
        Ways {
            internal: listener.opens(Way::Internal).then_some(networks),
            public: (by_key || by_token).then(|| Credentials {
                keys: by_key.then(|| Arc::clone(&self.keys)),
                tokens: self.tokens.clone().filter(|_| by_token),
            }),
            hosts: TenantHosts::new(listener.tenant_hosts.iter().map(String::as_str)),
        }
    }
}

/// The listeners' names for the log, in their order. None where there is a single one.
pub(crate) fn log_names(listeners: &[TenantListenerSettings]) -> Vec<Option<&'static str>> {
    let are_several = listeners.len() > 1;
    let name = |listener: &TenantListenerSettings| {
        // Every line of the log borrows it, and a process reads its configuration once.
        are_several.then(|| &*listener.name.clone().leak())
    };
    listeners.iter().map(name).collect()
}
