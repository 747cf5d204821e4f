//! The layer that verifies a token before the tenant is resolved.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use futures_util::future::Either;
use tower::{Layer, Service};
use web::Problem;
use web::extract::bearer_token;

use super::{TokenRejection, Tokens};
use crate::api_key::{API_KEY_PREFIX, invalid};
use crate::codes;

/// Verifies a bearer token that does not look like an API key, and leaves the [`AcceptedToken`](super::AcceptedToken) in
/// the request's extensions. Passes all other requests on. Does nothing without an issuer.
#[derive(Debug, Clone)]
pub(crate) struct VerifyToken(pub(crate) Option<Arc<dyn Tokens>>);

impl<S> Layer<S> for VerifyToken {
    type Service = VerifyTokenService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        VerifyTokenService {
            inner,
            tokens: self.0.clone(),
        }
    }
}

/// See [`VerifyToken`].
#[derive(Debug, Clone)]
pub(crate) struct VerifyTokenService<S> {
    inner: S,
    tokens: Option<Arc<dyn Tokens>>,
}

impl<S> Service<Request> for VerifyTokenService<S>
where
    S: Service<Request, Response = Response, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = Infallible;
    // Only a token is boxed: an API key costs no allocation here.
    type Future = Either<S::Future, Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let tokens = match &self.tokens {
            Some(tokens) if presents_token(&request) => Arc::clone(tokens),
            _ => return Either::Left(self.inner.call(request)),
        };
        // The service that was polled ready is the one to call; its clone waits for the next request.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        Either::Right(Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let verified = match bearer_token(&parts.headers) {
                Some(presented) => tokens.verify(presented).await,
                None => return Ok(invalid().into_response()),
            };
            match verified {
                Ok(token) => {
                    parts.extensions.insert(token);
                    inner.call(Request::from_parts(parts, body)).await
                }
                Err(rejection) => Ok(refuse(rejection).into_response()),
            }
        }))
    }
}

fn presents_token(request: &Request) -> bool {
    bearer_token(request.headers()).is_some_and(|presented| !presented.starts_with(API_KEY_PREFIX))
}

/// The problem for a token that is not accepted. The reason is for the log, where each is written once in ten seconds.
fn refuse(rejection: TokenRejection) -> Problem {
    let problem = match rejection {
        TokenRejection::Invalid { .. } => invalid(),
        TokenRejection::KeysUnavailable { .. } => Problem::new(codes::TOKEN_KEYS_UNAVAILABLE),
    };
    problem.caused_by(rejection)
}
