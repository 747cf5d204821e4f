//! Requests that are answered before they reach what is asked for.

use std::future::{Ready, ready};
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::Either;
use tower::{Layer, Service};

use crate::error::{Code, Problem};

/// Who decides whether a request gets any further.
pub trait Admission: Clone {
    /// Lets the request in, or says what it is answered instead. Looks and does not wait.
    ///
    /// # Errors
    /// The code of the answer.
    fn admit(&self, request: &Request) -> Result<(), Code>;
}

/// The layer that has each request decided upon. Whoever is let in costs the decision and no future of its own.
#[derive(Debug, Clone)]
pub struct Admit<A>(pub A);

impl<A: Admission, S> Layer<S> for Admit<A> {
    type Service = AdmitService<A, S>;

    fn layer(&self, inner: S) -> Self::Service {
        AdmitService {
            admission: self.0.clone(),
            inner,
        }
    }
}

/// See [`Admit`].
#[derive(Debug, Clone)]
pub struct AdmitService<A, S> {
    admission: A,
    inner: S,
}

impl<A: Admission, S: Service<Request, Response = Response>> Service<Request> for AdmitService<A, S> {
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Ready<Result<Response, S::Error>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        match self.admission.admit(&request) {
            Ok(()) => Either::Left(self.inner.call(request)),
            Err(code) => Either::Right(ready(Ok(Problem::new(code).into_response()))),
        }
    }
}
