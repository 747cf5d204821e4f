//! Tower layer that leases the pool of a request's tenant.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use ::axum::extract::Request;
use ::axum::response::{IntoResponse as _, Response};
use futures_util::future::Either;
use tower::{Layer, Service};

use super::error::Respond;
use super::extract::Resolved;
use super::identify::IdentifyTenant;
use super::statement_timeout::StatementTimeout;
use crate::checkout::Checkouts;
use crate::db::TenantDb;
use crate::pool::DefaultPool;
use crate::registry::Registry;

/// Leases the pool of the tenant that the request names and puts it into the request's extensions, for the extractors
/// [`Db`](super::Db) and [`Transaction`](super::Transaction). A request without a tenant, or for a tenant that cannot be
/// leased, is answered here.
pub struct ResolveTenant<I, P: Checkouts = DefaultPool> {
    registry: Registry<P>,
    identify: I,
    respond: Respond,
}

impl<I: IdentifyTenant, P: Checkouts> ResolveTenant<I, P> {
    /// Leases from this registry the tenant that `identify` finds in the request.
    pub fn new(registry: Registry<P>, identify: I) -> Self {
        Self {
            registry,
            identify,
            respond: |error| error.into_response(),
        }
    }

    /// Has errors of this layer, and of the extractors behind it, rendered by this function.
    #[must_use]
    pub fn respond_with(self, respond: Respond) -> Self {
        Self { respond, ..self }
    }
}

impl<I: Clone, P: Checkouts> Clone for ResolveTenant<I, P> {
    fn clone(&self) -> Self {
        Self {
            registry: self.registry.clone(),
            identify: self.identify.clone(),
            respond: self.respond,
        }
    }
}

impl<I, P: Checkouts> fmt::Debug for ResolveTenant<I, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResolveTenant").finish_non_exhaustive()
    }
}

impl<S, I: IdentifyTenant, P: Checkouts> Layer<S> for ResolveTenant<I, P> {
    type Service = ResolveTenantService<S, I, P>;

    fn layer(&self, inner: S) -> Self::Service {
        ResolveTenantService {
            inner,
            resolve: self.clone(),
        }
    }
}

/// See [`ResolveTenant`].
pub struct ResolveTenantService<S, I, P: Checkouts = DefaultPool> {
    inner: S,
    resolve: ResolveTenant<I, P>,
}

impl<S: Clone, I: Clone, P: Checkouts> Clone for ResolveTenantService<S, I, P> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            resolve: self.resolve.clone(),
        }
    }
}

impl<S, I, P> Service<Request> for ResolveTenantService<S, I, P>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
    I: IdentifyTenant,
    P: Checkouts,
{
    type Response = Response;
    type Error = S::Error;
    // A hit is the inner service's own future. Only a miss is boxed: the future of a lease has no name.
    type Future = Either<S::Future, Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let ResolveTenant {
            registry,
            identify,
            respond,
        } = &self.resolve;
        let respond = *respond;
        let tenant = match identify.tenant(&request) {
            Ok(tenant) => tenant,
            Err(rejection) => {
                let response = rejection.into_response();
                return Either::Right(Box::pin(async { Ok(response) }));
            }
        };
        let limit = StatementTimeout::of(&request);
        if let Some(lease) = registry.resident(tenant) {
            let db = TenantDb::new(lease).statement_timeout(limit);
            request.extensions_mut().insert(Resolved { db, respond });
            return Either::Left(self.inner.call(request));
        }
        let registry = registry.clone();
        // The service that was polled ready is the one to call; its clone waits for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Either::Right(Box::pin(async move {
            match registry.db(tenant).await {
                Ok(db) => {
                    let db = db.statement_timeout(limit);
                    request.extensions_mut().insert(Resolved { db, respond });
                    inner.call(request).await
                }
                Err(error) => Ok(respond(error.into())),
            }
        }))
    }
}
