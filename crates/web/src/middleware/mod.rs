//! What happens around every request, whichever route it takes.
//!
//! [`stack`] wraps a finished router; what is inside it need not think of request ids, logs, deadlines or
//! panics.

mod access_log;
mod admit;
mod body;
mod framing;
mod guard;
mod host;
mod pace;
mod request_id;
mod seal;
mod secrets;
mod service;
mod settings;
mod tenant_label;

use axum::Router;

pub use admit::{Admission, Admit};
pub use pace::BodyTimeout;
pub use request_id::RequestId;
pub use secrets::without_secrets;
pub use settings::StackSettings;
pub use tenant_label::TenantLabel;

use crate::error::{Code, Problem};

/// Wraps `router`, whose routes must all be there by now: one that is added later goes unwrapped.
///
/// From the outside in:
///
/// | step | why there |
/// |---|---|
/// | request id | first, as all that follows names it |
/// | access line | around everything that can answer or be dropped, so that each request has exactly one |
/// | seal: problems get the request's id, foreign errors become problems, headers for JSON | outside of all that can fail, so that nothing reaches a client unsealed |
/// | panic → `INTERNAL` | inside the seal, since the panic's text is not for the client |
/// | deadline → `DEADLINE_EXCEEDED` | inside the access line, so that it is logged as what the client got |
/// | host, framing, length of the URI and announced length of the body | before the handler: nothing is read of what is refused |
/// | the body's length and pace, as it is read | innermost, since only the handler reads it |
///
/// What hyper refuses by itself never gets here: a head that is no HTTP (400), too large a one, its URI included
/// (431). Its answers have no body, and make no access line.
///
/// Past the deadline, and when the client hangs up, the handler's future is dropped where it stands: handlers
/// must be safe to cancel, and what must not be cut runs in a task of its own. HTTP/1 shows a client that hangs up
/// only while nothing of its body is unread, and takes one that closes its sending half for one that is gone.
///
/// Each error that leaves is a problem: a route that answers 4xx or 5xx with a body of its own has it replaced,
/// unless its type is `application/problem+json`.
pub fn stack(router: Router, settings: StackSettings) -> Router {
    router
        .fallback(async || Problem::from(Code::RouteUnknown))
        .method_not_allowed_fallback(async || Problem::from(Code::MethodNotAllowed))
        .layer(service::StackLayer::new(settings))
}
