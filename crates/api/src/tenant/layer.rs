//! The layer that resolves the tenant, as this plane identifies tenants and renders refusals.

use std::sync::Arc;

use axum::extract::Request;
use tenant_registry::TenantId;
use tenant_registry::axum::{self as registry_axum, IdentifyTenant, ResolveTenantService};
use tower::Layer;
use web::Problem;
use web::middleware::LogContext;

use super::identify;
use super::refuse::{respond, respond_to_key};
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
        Self(registry_axum::ResolveTenant::new(registry, Identify::Header).respond_with(respond))
    }

    /// Leases from this registry the tenant whose API key the request presents, or whose token was verified before.
    pub fn by_api_key(registry: TenantRegistry, keys: Arc<dyn ApiKeys>) -> Self {
        Self(registry_axum::ResolveTenant::new(registry, Identify::ApiKey(keys)).respond_with(respond_to_key))
    }

    /// Leases from this registry the tenant that the limits have admitted, which the request names by this.
    pub(crate) fn admitted(registry: TenantRegistry, identified_by: &Identify) -> Self {
        let respond = match identified_by {
            Identify::ApiKey(_) => respond_to_key,
            Identify::Header | Identify::Admitted => respond,
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
    /// By `x-tenant-id`.
    Header,
    /// By an API key or a verified token.
    ApiKey(Arc<dyn ApiKeys>),
    /// As a layer in front has found it.
    Admitted,
}

impl IdentifyTenant for Identify {
    type Rejection = Problem;

    /// The tenant, recorded for the request's logs.
    fn tenant(&self, request: &Request) -> Result<TenantId, Problem> {
        match self {
            Self::Header => {
                let tenant = identify::tenant(request.headers())?;
                LogContext::record(request.extensions(), "tenant", tenant.as_uuid());
                Ok(tenant)
            }
            Self::ApiKey(keys) => authenticate(&**keys, request),
            Self::Admitted => {
                let admitted = request.extensions().get::<Admitted>();
                admitted
                    .map(|admitted| admitted.tenant)
                    .ok_or_else(|| Problem::internal("the route is not behind the limits"))
            }
        }
    }
}
