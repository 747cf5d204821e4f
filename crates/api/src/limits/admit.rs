//! The layer between identification and lease.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::{Either, Ready, ready};
use tenant_limits::Usage;
use tenant_registry::TenantId;
use tenant_registry::axum::{IdentifyTenant as _, StatementTimeout};
use tokio::time::sleep;
use tower::{Layer, Service};

use super::limited::{Held, Limited};
use super::refuse::Refused;
use super::{Admission, Admitted, awaited_body, body};
use crate::codes;
use crate::tenant::Identify;

/// Identifies the request's tenant, and holds the request to its limits. Leaves [`Admitted`] in its extensions.
#[derive(Debug, Clone)]
pub(crate) struct Admit {
    identify: Identify,
    admission: Admission,
}

impl Admit {
    pub(crate) fn new(identify: Identify, admission: Admission) -> Self {
        Self { identify, admission }
    }

    /// The request as it goes on, and what is held meanwhile.
    fn admit(&self, tenant: TenantId, request: Request) -> Result<(Request, Held), Refused> {
        let admission = &self.admission;
        let place = admission.0.in_flight.enter(tenant).map(Arc::new);
        let place = place.ok_or_else(|| Refused::new(codes::OVERLOADED, Usage::default()))?;
        let mut request = awaited_body::leave_while_awaited(request, &place);
        let of_tenant = admission.0.plans.limits(tenant);
        let limits = &of_tenant.limits;
        // Without a limiter it is counted behind the lease.
        let seen = admission
            .0
            .limiters
            .admit_seen(tenant.as_uuid(), limits, of_tenant.revision);
        let (usage, permit) = match seen.transpose()? {
            Some(counted) => (Some(counted.usage), counted.permit),
            None => (None, None),
        };
        if let Some(limit) = limits.request_body_bytes {
            request = body::limit_request(request, limit.get())
                .map_err(|problem| Refused::new(problem, usage.unwrap_or_default()))?;
        }
        let extensions = request.extensions_mut();
        if let Some(limit) = limits.statement_timeout() {
            extensions.insert(StatementTimeout(limit));
        }
        extensions.insert(Admitted {
            tenant,
            limits: of_tenant,
            usage,
            admission: admission.clone(),
        });
        let held = Held {
            place: Some(place),
            permit,
            usage,
            response_limit: limits.response_body_bytes.map(NonZeroU32::get),
            deadline: limits.request_timeout().map(|limit| Box::pin(sleep(limit))),
        };
        Ok((request, held))
    }
}

impl<S> Layer<S> for Admit {
    type Service = AdmitService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        AdmitService {
            inner,
            admit: self.clone(),
        }
    }
}

/// See [`Admit`].
#[derive(Debug, Clone)]
pub(crate) struct AdmitService<S> {
    inner: S,
    admit: Admit,
}

impl<S> Service<Request> for AdmitService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<Ready<Result<Response, Infallible>>, Limited<S::Future>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let tenant = match self.admit.identify.tenant(&request) {
            Ok(tenant) => tenant,
            Err(problem) => return Either::Left(ready(Ok(problem.into_response()))),
        };
        match self.admit.admit(tenant, request) {
            Ok((request, held)) => Either::Right(Limited::new(self.inner.call(request), held)),
            Err(refused) => Either::Left(ready(Ok(refused.into_response()))),
        }
    }
}
