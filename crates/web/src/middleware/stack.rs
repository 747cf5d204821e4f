//! A router with all layers around it.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{
    BoxError,
    body::{Bytes, HttpBody},
    extract::DefaultBodyLimit,
};
use http::{Request, Response};
use tower::{Service, util::Either};
use tower_http::{
    body::UnsyncBoxBody, catch_panic::CatchPanic, cors::Cors, limit::RequestBodyLimit,
    request_id::SetRequestId, sensitive_headers::SetSensitiveRequestHeaders, timeout::Timeout,
    validate_request::ValidateRequestHeader,
};

use super::{
    StackSettings, body_timeout::TimedBody, check_head::CheckHead, compress::Compress, panics::PanicHandler,
    request_id::OrderedUuid, request_id::remove_unfit, respond::Respond,
};

/// A response's body, as it leaves the stack.
pub type ResponseBody = UnsyncBoxBody<Bytes, BoxError>;

type Bounded = RequestBodyLimit<SetSensitiveRequestHeaders<Compress>>;
type Guarded = CatchPanic<Timeout<ValidateRequestHeader<Bounded, CheckHead>>, PanicHandler>;
type Shared = Either<Cors<Guarded>, Guarded>;
pub(super) type Layers = SetRequestId<Respond<Shared>, OrderedUuid>;

/// A plane's router with the layers of [`stack`](super::stack) around it: a service for requests of any body.
#[derive(Clone)]
pub struct Stack {
    pub(super) layers: Layers,
    pub(super) settings: StackSettings,
}

impl<B> Service<Request<B>> for Stack
where
    B: HttpBody<Data = Bytes, Error: Into<BoxError>> + Send + Unpin + 'static,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = <Layers as Service<Request<TimedBody<B>>>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Service::<Request<TimedBody<B>>>::poll_ready(&mut self.layers, cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        self.settings.trusted_proxies.resolve(&mut request);
        remove_unfit(request.headers_mut(), self.settings.secret_prefix);
        if !request.body().is_end_stream() {
            // The stack's limit takes the place of axum's own.
            DefaultBodyLimit::disable().apply(&mut request);
        }
        let StackSettings {
            body_pause,
            body_whole,
            ..
        } = self.settings;
        self.layers
            .call(request.map(|body| TimedBody::new(body, body_pause, body_whole)))
    }
}
