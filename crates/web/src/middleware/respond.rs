//! The outermost layer of ours: log context, access line, and problems for all failures inside.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use http::{HeaderValue, Request, Response, header::STRICT_TRANSPORT_SECURITY};
use pin_project_lite::pin_project;
use tokio::task::futures::TaskLocalFuture;
use tower::Service;

use super::{
    LogContext, ResponseBody, StackSettings,
    access_log::{self, Unanswered},
    cause_log::CauseLog,
    finalize_response::finalize_response,
    log_context::Labels,
};

/// Needs the request id in the extensions.
#[derive(Clone)]
pub struct Respond<S> {
    inner: S,
    labels: Labels,
    causes: Arc<CauseLog>,
    hsts: Option<HeaderValue>,
}

impl<S> Respond<S> {
    pub(super) fn new(inner: S, settings: &StackSettings) -> Self {
        Self {
            inner,
            labels: Labels {
                plane: settings.plane,
                listener: settings.listener,
                secret_prefix: settings.secret_prefix,
            },
            causes: Arc::default(),
            hsts: settings.hsts.clone(),
        }
    }
}

impl<S, B> Service<Request<B>> for Respond<S>
where
    S: Service<Request<B>, Response = Response<ResponseBody>, Error = Infallible>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = TaskLocalFuture<LogContext, Responding<S::Future>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let context = LogContext::new(self.labels, &request);
        request.extensions_mut().insert(context.clone());
        context.clone().scope(Responding {
            unanswered: access_log::unanswered(context.clone()),
            inner: self.inner.call(request),
            context,
            causes: Arc::clone(&self.causes),
            hsts: self.hsts.clone(),
        })
    }
}

pin_project! {
    /// A response to come.
    pub struct Responding<F> {
        #[pin]
        inner: F,
        context: LogContext,
        unanswered: Unanswered,
        causes: Arc<CauseLog>,
        hsts: Option<HeaderValue>,
    }
}

impl<F> Future for Responding<F>
where
    F: Future<Output = Result<Response<ResponseBody>, Infallible>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let Ok(response) = ready!(this.inner.poll(cx));
        let mut response = finalize_response(response, this.context, this.causes);
        if let Some(hsts) = this.hsts.take() {
            response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, hsts);
        }
        this.unanswered.completed();
        access_log::answered(this.context, &response);
        Poll::Ready(Ok(response))
    }
}
