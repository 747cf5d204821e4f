//! The layer that resolves the tenant, as this plane identifies tenants and renders refusals.

use std::sync::Arc;

use axum::extract::Request;
use tenant_registry::TenantId;
use tenant_registry::axum::{self as registry_axum, IdentifyTenant, ResolveTenantService};
use tower::Layer;
use web::Problem;
use web::middleware::LogContext;

use super::refuse::{respond, respond_to_key};
use super::{TenantHosts, identify};
use crate::api_key::{ApiKeys, authenticate};
use crate::limits::Admitted;
use crate::plane::TenantRegistry;

/// Leases the pool of the tenant that the request is for, for the extractors [`Db`](super::Db) and
/// [`Transaction`](super::Transaction). A request without one, or for a tenant that is not served, is answered here.
#[derive(Debug, Clone)]
pub struct ResolveTenant(registry_axum::ResolveTenant<Identify>);

impl ResolveTenant {
    /// Leases from this registry the tenant that the request names in `x-tenant-id`. Any client can write it.
    pub fn by_header(registry: TenantRegistry) -> Self {
        let identify = Identify::Named(TenantHosts::default());
        Self(registry_axum::ResolveTenant::new(registry, identify).respond_with(respond))
    }

    /// Leases from this registry the tenant that the limits have admitted, which the request names by this.
    pub(crate) fn admitted(registry: TenantRegistry, identified_by: &Identify) -> Self {
        let respond = match identified_by {
            Identify::Credentials { .. } => respond_to_key,
            Identify::Named(_) | Identify::Admitted => respond,
        };
        Self(registry_axum::ResolveTenant::new(registry, Identify::Admitted).respond_with(respond))
    }
}

impl<S> Layer<S> for ResolveTenant {
    type Service = ResolveTenantService<S, Identify>;

    fn layer(&self, inner: S) -> Self::Service {
        self.0.layer(inner)
    }
}

/// How a request says which tenant it is for.
#[derive(Debug, Clone)]
pub enum Identify {
    /// By `x-tenant-id`, or by its host.
    Named(TenantHosts),
    /// By an API key or a verified token.
    Credentials {
        /// Verification of API keys; without it none is accepted.
        keys: Option<Arc<dyn ApiKeys>>,
        /// Hosts that name a tenant, which is to be the same.
        hosts: TenantHosts,
    },
    /// As a layer in front has found it.
    Admitted,
}

impl IdentifyTenant for Identify {
    type Rejection = Problem;

    /// The tenant, recorded for the request's logs.
    fn tenant(&self, request: &Request) -> Result<TenantId, Problem> {
        match self {
            Self::Named(hosts) => {
                let tenant = identify::tenant(request.headers(), hosts.tenant(request)?)?;
                LogContext::record(request.extensions(), "tenant", tenant.as_uuid());
                Ok(tenant)
            }
            Self::Credentials { keys, hosts } => authenticate(keys.as_deref(), hosts, request),
            Self::Admitted => {
                let admitted = request.extensions().get::<Admitted>();
                admitted
                    .map(|admitted| admitted.tenant)
                    .ok_or_else(|| Problem::internal("the route is not behind the limits"))
            }
        }
    }
}
