//! The layer that resolves the tenant, as this plane identifies tenants and renders refusals.

use axum::extract::Request;
use tenant_registry::TenantId;
use tenant_registry::axum::{self as registry_axum, ResolveTenantService};
use tower::Layer;
use web::Problem;
use web::middleware::LogContext;

use super::identify;
use super::refuse::respond;
use crate::plane::TenantRegistry;

type Identify = fn(&Request) -> Result<TenantId, Problem>;

/// Leases the pool of the tenant that the request names, for the extractors [`Db`](super::Db) and
/// [`Transaction`](super::Transaction). A request without one, or for a tenant that is not served, is answered here.
#[derive(Debug, Clone)]
pub struct ResolveTenant(registry_axum::ResolveTenant<Identify>);

impl ResolveTenant {
    /// Leases from this registry.
    pub fn new(registry: TenantRegistry) -> Self {
        let identify: Identify = recorded;
        Self(registry_axum::ResolveTenant::new(registry, identify).respond_with(respond))
    }
}

impl<S> Layer<S> for ResolveTenant {
    type Service = ResolveTenantService<S, Identify>;

    fn layer(&self, inner: S) -> Self::Service {
        self.0.layer(inner)
    }
}

/// The tenant that the request names, recorded for its logs.
fn recorded(request: &Request) -> Result<TenantId, Problem> {
    let tenant = identify::tenant(request.headers())?;
    LogContext::record(request.extensions(), "tenant", tenant.as_uuid());
    Ok(tenant)
}
