//! Middleware around all routes of a plane: tower-http's layers in their order, and what they leave to do.

mod access_log;
mod allowed_hosts;
mod body_timeout;
mod cause_log;
mod check_head;
mod compress;
mod cors;
mod cross_site;
mod finalize_response;
mod forwarded;
mod framing;
mod host;
mod log_context;
mod panics;
mod redact;
mod request_id;
mod respond;
mod run_after_disconnect;
mod settings;
mod stack;

use axum::Router;
use http::{StatusCode, header};
use tower::{ServiceBuilder, layer::layer_fn, util::option_layer};
use tower_http::{
    catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, request_id::SetRequestIdLayer,
    sensitive_headers::SetSensitiveRequestHeadersLayer, timeout::TimeoutLayer,
    validate_request::ValidateRequestHeaderLayer,
};

pub use allowed_hosts::AllowedHosts;
pub use forwarded::{TrustedProxies, client_address};
pub use host::named_hosts;
pub use log_context::LogContext;
pub use redact::redact_path;
pub use run_after_disconnect::RunAfterDisconnect;
pub use settings::{StackSettings, hsts};
pub use stack::{ResponseBody, Stack};
/// The error of a request's body that paused for too long, or was not complete in time.
pub use tower_http::timeout::TimeoutError as BodyTimeout;

use crate::error::{Code, Problem};
use check_head::CheckHead;
use compress::Compress;
use panics::PanicHandler;
use request_id::OrderedUuid;
use respond::Respond;

/// Wraps a complete router in the layers that every request passes.
///
/// From the outside in:
///
/// | layer | why here |
/// |---|---|
/// | client's address behind a trusted proxy (ours: `forwarded.rs`) | before everything that names or trusts it |
/// | unfit request ids removed (ours) | tower-http keeps whatever id a client sends |
/// | body timeouts → `REQUEST_TIMEOUT` (ours, by tower-http's timers: `body_timeout.rs`) | pauses and the whole, for all readers of the body |
/// | request id | before everything that names it |
/// | log context, access line, problems (ours: `respond.rs`) | around everything that can answer or be dropped: each request has one access line, and each failure leaves as `application/problem+json` |
/// | CORS, where origins are allowed | around everything that fails, so that a page can read why; a preflight ends here |
/// | panic → `INTERNAL` | inside the problems: the panic's text is not for the client |
/// | deadline → `DEADLINE_EXCEEDED` | inside the access line, which shows what the client got |
/// | framing, host, other sites' pages, length of the URI (ours: `check_head.rs`) | nothing is read of a request that is rejected |
/// | body limit → `BODY_TOO_LARGE` | by its announced length, else while it is read |
/// | sensitive headers | only routes could print headers |
/// | gzip (tower-http, within ours: `compress.rs`) | innermost: problems, which are short, are rendered outside of it |
///
/// The layers stand around the router and not in it: axum clones and boxes each layer of a route once a request.
///
/// Requests that hyper rejects do not get here: a head that is no HTTP (400), or one that is too large, including its
/// URI (431). Its answers have no body and no access line; over HTTP/1 the listener logs them.
///
/// At the deadline, and when the client disconnects, the handler's future is dropped. Handlers must be safe to cancel;
/// work that must complete runs in a task of its own. HTTP/1 detects a disconnected client only after the whole request
/// body is read, and takes a half-closed connection for a closed one.
///
/// A 4xx or 5xx response with a body of its own has it replaced, unless its type is `application/problem+json`.
pub fn stack(router: Router, settings: StackSettings) -> Stack {
    let router = router
        .fallback(async || Problem::from(Code::RouteUnknown))
        .method_not_allowed_fallback(async || Problem::from(Code::MethodNotAllowed))
        // Turns handlers into routes now rather than once a request.
        .with_state(());
    let layers = ServiceBuilder::new()
        .layer(SetRequestIdLayer::x_request_id(OrderedUuid))
        .layer(layer_fn(|inner| Respond::new(inner, &settings)))
        .layer(option_layer(cors::layer(&settings.cors_origins)))
        .layer(CatchPanicLayer::custom(panics::respond as PanicHandler))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            settings.deadline,
        ))
        .layer(ValidateRequestHeaderLayer::custom(CheckHead::new(&settings)))
        .layer(RequestBodyLimitLayer::new(settings.body_limit))
        .layer(SetSensitiveRequestHeadersLayer::new([
            header::AUTHORIZATION,
            header::COOKIE,
        ]))
        .layer(layer_fn(Compress::new));
    let layers = layers.service(router);
    Stack { layers, settings }
}
