//! The tower layer that resolves the tenant.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::Either;
use tenant_registry::TenantDb;
use tower::{Layer, Service};
use web::middleware::TenantLabel;

use super::identify;
use super::refuse::refuse;
use crate::plane::TenantRegistry;

/// Leases the pool of the tenant that the request names and puts it into the request's extensions, as a
/// [`TenantDb`]. A request without one, or for a tenant that is not served, is answered here.
#[derive(Clone)]
pub struct ResolveTenant {
    registry: TenantRegistry,
}

impl ResolveTenant {
    /// Leases from this registry.
    pub fn new(registry: TenantRegistry) -> Self {
        Self { registry }
    }
}

impl<S> Layer<S> for ResolveTenant {
    type Service = ResolveTenantService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ResolveTenantService {
            inner,
            registry: self.registry.clone(),
        }
    }
}

/// See [`ResolveTenant`].
#[derive(Clone)]
pub struct ResolveTenantService<S> {
    inner: S,
    registry: TenantRegistry,
}

impl<S> Service<Request> for ResolveTenantService<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    // A hit is the inner service's own future. Only a miss is boxed: the future of a lease has no name.
    type Future = Either<S::Future, Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let tenant = match identify::tenant(request.headers()) {
            Ok(tenant) => tenant,
            Err(problem) => return Either::Right(Box::pin(async { Ok(problem.into_response()) })),
        };
        TenantLabel::record(request.extensions(), tenant.as_uuid());
        if let Some(lease) = self.registry.resident(tenant) {
            request.extensions_mut().insert(TenantDb::new(lease));
            return Either::Left(self.inner.call(request));
        }
        // The service that was polled ready is the one to call; its clone waits for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let registry = self.registry.clone();
        Either::Right(Box::pin(async move {
            match registry.db(tenant).await {
                Ok(db) => {
                    request.extensions_mut().insert(db);
                    inner.call(request).await
                }
                Err(error) => Ok(refuse(error).into_response()),
            }
        }))
    }
}
