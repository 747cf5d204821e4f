//! Audit of every admin request except permitted reads.
//!
//! A handler that changes something writes the audit entry in the transaction of the change and marks its response
//! with [`Audited`]. This middleware writes the entry of any other request, under the action of its route: a refusal,
//! a failure, or a change without the mark. Each request runs in its own task, so a disconnect neither interrupts a
//! change nor skips its entry. A read is cancelled when its client disconnects.

mod log;
mod request_record;
mod unauthenticated_limit;

use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use control_plane::AuditAction;
use http::StatusCode;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use web::middleware::LogContext;
use web::{Code, Problem};

use crate::auth::Caller;
use log::Ending;
pub(crate) use log::{AttemptLog, UNAUTHENTICATED};
pub(crate) use request_record::{RequestRecord, with_origin};

/// Deadline of a change, which also runs on after a disconnect.
const DEADLINE: Duration = Duration::from_mins(2);

/// Response extension: the audit entry was committed together with the change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audited;

/// Request extension: a token that is cancelled when the client disconnects.
#[derive(Debug, Clone)]
pub(crate) struct Disconnected(CancellationToken);

/// Runs the request in its own task, so that a disconnect skips no audit entry.
pub(crate) async fn run_in_task(mut request: Request, next: Next) -> Response {
    let disconnected = CancellationToken::new();
    let _cancel_on_drop = disconnected.clone().drop_guard();
    request.extensions_mut().insert(Disconnected(disconnected));
    match tokio::spawn(LogContext::carry(next.run(request))).await {
        Ok(response) => response,
        Err(ended) => Problem::internal(ended).into_response(),
    }
}

/// Writes the request's audit entry if it needs one.
pub(crate) async fn audit_attempts(
    State(log): State<AttemptLog>,
    (Extension(Disconnected(disconnected)), Extension(action)): (
        Extension<Disconnected>,
        Extension<AuditAction>,
    ),
    Caller(actor): Caller,
    mut request: Request,
    next: Next,
) -> Response {
    let record = RequestRecord::of(action, &mut request).await;
    if request.method().is_safe() {
        let response = tokio::select! {
            // A missing role is found by the first poll, so it is audited also after a disconnect.
            biased;
            response = next.run(request) => response,
            () = disconnected.cancelled() => return Response::default(),
        };
        if response.status() == StatusCode::FORBIDDEN {
            let ending = Ending::of(&response);
            log.answered(&actor, &record, ending).await;
        }
        return response;
    }
    // In its own task, so that a panic becomes a response.
    let handler = AbortOnDropHandle::new(tokio::spawn(LogContext::carry(next.run(request))));
    let response = match timeout(DEADLINE, handler).await {
        Ok(Ok(response)) => response,
        Ok(Err(ended)) => Problem::internal(ended).into_response(),
        Err(_elapsed) => Problem::new(Code::DeadlineExceeded).into_response(),
    };
    let ending = Ending::of(&response);
    log.answered(&actor, &record, ending).await;
    response
}
