//! The access log: one line for each request, with the target `access`.

use axum::response::Response;
use tower_http::on_early_drop::{OnDropCallback, OnEarlyDropGuard};

use super::LogContext;
use crate::error::Code;

/// nginx's status for a client that disconnected before the response; it is never sent.
const CLIENT_CLOSED_REQUEST: u16 = 499;

/// A request without a response: if the guard is dropped so, it writes the line of a cancelled request. The client
/// disconnected, or the drain deadline of a shutdown was reached.
pub(super) type Unanswered = OnEarlyDropGuard<Cancelled>;

pub(super) fn unanswered(context: LogContext) -> Unanswered {
    OnEarlyDropGuard::new(Cancelled(context))
}

/// Writes the line of a request whose response is complete but for its body.
pub(super) fn answered<B>(context: &LogContext, response: &Response<B>) {
    let code = response.extensions().get().copied();
    write(context, response.status().as_u16(), code, "answered");
}

pub(super) struct Cancelled(LogContext);

impl OnDropCallback for Cancelled {
    fn on_drop(self) {
        write(&self.0, CLIENT_CLOSED_REQUEST, None, "cancelled");
    }
}

/// The ids that the plane has recorded are added by the log's format, which takes them from the context.
fn write(context: &LogContext, status: u16, code: Option<Code>, outcome: &str) {
    tracing::info!(
        target: "access",
        plane = context.plane(),
        method = context.0.method.as_str(),
        path = &*context.path(),
        status,
        code = code.map(Code::name),
        outcome,
        latency_us = u64::try_from(context.0.started.elapsed().as_micros()).unwrap_or(u64::MAX),
        request_id = context.request_id(),
        peer = context.0.peer.map(tracing::field::display),
        client = context.0.client.map(tracing::field::display),
    );
}
