//! No tenant is served before it is known that tenants are kept apart.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use control_plane::doctor::Examinations;
use futures_util::future::Either;
use tower::{Layer, Service};
use web::{Code, Problem};

/// The layer that answers `NOT_ISOLATED` until an examination has found nothing.
#[derive(Clone)]
pub(crate) struct Gate {
    examinations: Examinations,
}

impl Gate {
    /// Opens with these examinations, and never closes again.
    pub(crate) fn new(examinations: Examinations) -> Self {
        Self { examinations }
    }
}

impl<S> Layer<S> for Gate {
    type Service = GateService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        GateService {
            inner,
            examinations: self.examinations.clone(),
        }
    }
}

/// See [`Gate`].
#[derive(Clone)]
pub(crate) struct GateService<S> {
    inner: S,
    examinations: Examinations,
}

impl<S: Service<Request, Response = Response>> Service<Request> for GateService<S> {
    type Response = Response;
    type Error = S::Error;
    // An open gate costs a look at a flag, and no future of its own.
    type Future = Either<S::Future, Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if self.examinations.isolated() {
            Either::Left(self.inner.call(request))
        } else {
            Either::Right(ready(Ok(Problem::new(Code::NotIsolated).into_response())))
        }
    }
}
