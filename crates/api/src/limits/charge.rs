//! The layer behind the lease, which makes a tenant's limiter.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::{Either, Ready, ready};
use tower::{Layer, Service};

use super::Admitted;
use super::limited::{Held, Limited};
use super::refuse::Refused;

/// Counts a request that was not counted before its lease.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Charge;

impl<S> Layer<S> for Charge {
    type Service = ChargeService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        ChargeService(inner)
    }
}

/// See [`Charge`].
#[derive(Debug, Clone)]
pub(crate) struct ChargeService<S>(S);

impl<S> Service<Request> for ChargeService<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Either<S::Future, Either<Ready<Result<Response, Infallible>>, Limited<S::Future>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let admitted = request.extensions_mut().get_mut::<Admitted>();
        let Some(admitted) = admitted.filter(|admitted| admitted.usage.is_none()) else {
            return Either::Left(self.0.call(request));
        };
        match admitted.count() {
            Ok(permit) => {
                let held = Held {
                    permit,
                    usage: admitted.usage,
                    ..Held::default()
                };
                Either::Right(Either::Right(Limited::new(self.0.call(request), held)))
            }
            Err(refusal) => {
                let response = Refused::from(refusal).into_response();
                Either::Right(Either::Left(ready(Ok(response))))
            }
        }
    }
}
