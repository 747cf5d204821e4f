//! The stack as a tower layer: one service, and one boxed future, for all of its steps.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    extract::Request,
    response::{IntoResponse as _, Response},
};
use futures_util::future::{Either, ready};
use http::{HeaderValue, header};
use tower::{Layer, Service};
use tracing::{Instrument as _, field};

use super::{
    RequestId, StackSettings, TenantLabel,
    access_log::AccessLine,
    body::{bounded, refusal},
    framing,
    guard::guarded,
    seal::seal,
};

/// Wraps each route of a router.
#[derive(Clone)]
pub(super) struct StackLayer(Arc<StackSettings>);

impl StackLayer {
    pub(super) fn new(settings: StackSettings) -> Self {
        Self(Arc::new(settings))
    }
}

impl<S> Layer<S> for StackLayer {
    type Service = Stack<S>;

    fn layer(&self, inner: S) -> Stack<S> {
        Stack {
            inner,
            settings: Arc::clone(&self.0),
        }
    }
}

/// A route with everything around it. The order of its steps, and each one's reason, is told at
/// [`super::stack`].
#[derive(Clone)]
pub(super) struct Stack<S> {
    inner: S,
    settings: Arc<StackSettings>,
}

impl<S> Service<Request> for Stack<S>
where
    S: Service<Request, Response = Response, Error = Infallible>,
    S::Future: Send + 'static,
{
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let id = RequestId::of(request.headers());
        let tenant = TenantLabel::default();
        request.extensions_mut().insert(id.clone());
        request.extensions_mut().insert(tenant.clone());

        let plane = self.settings.plane;
        let span = tracing::info_span!("request", plane, request_id = id.as_str(), tenant = field::Empty);
        let line = AccessLine::begin(plane, &request, &id, &tenant);
        // Where the next request begins is not known.
        let last = framing::fault(&request).is_some();
        let answer = match refusal(&request, &self.settings) {
            Some(problem) => Either::Left(ready(Ok(problem.into_response()))),
            None => Either::Right(self.inner.call(bounded(request, &self.settings))),
        };
        let deadline = self.settings.deadline;
        let answered = async move {
            let response = guarded(answer, deadline).instrument(span).await;
            // Behind the span: what is logged here says by itself which request it is of.
            let mut response = seal(response, &id);
            if last {
                let close = HeaderValue::from_static("close");
                response.headers_mut().insert(header::CONNECTION, close);
            }
            line.answered(&response);
            Ok(response)
        };
        Box::pin(answered)
    }
}
