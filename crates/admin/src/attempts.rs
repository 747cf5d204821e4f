//! Every attempt at the admin plane that is not a reader's allowed look goes into the audit log.
//!
//! A change is written by whoever makes it, in the transaction of the change, and its answer says so ([`Audited`]).
//! What is refused or fails has no such transaction: it is written here, as method and route, and so is a change that
//! nobody has written. A request is carried through in a task of its own: a client that hangs up neither cuts a change in
//! the middle nor leaves an attempt out of the log. What only looks ends with its client.

mod log;
mod seen;
mod strangers;

use std::time::Duration;

use axum::Extension;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use web::{Code, Problem};

use crate::auth::Caller;
use log::Ending;
pub(crate) use log::{AttemptLog, STRANGER};
pub(crate) use seen::{Seen, placed};

/// For a change and all that belongs to it, also when nobody waits for it any more.
const LONGEST: Duration = Duration::from_mins(2);

/// In a response's extensions: what was done stands in the audit log already, committed together with the change.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Audited;

/// In a request's extensions: cancelled when nobody waits for the answer any more.
#[derive(Debug, Clone)]
pub(crate) struct Gone(CancellationToken);

/// Carries the request through in a task of its own, with all that follows: a client that hangs up takes nothing out of
/// the audit log.
pub(crate) async fn carry(mut request: Request, next: Next) -> Response {
    let gone = CancellationToken::new();
    let _gone = gone.clone().drop_guard();
    request.extensions_mut().insert(Gone(gone));
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(response) => response,
        Err(ended) => Problem::internal(ended).into_response(),
    }
}

/// Writes down what the audit log should know of the request.
pub(crate) async fn attempt(
    State(log): State<AttemptLog>,
    Extension(Gone(gone)): Extension<Gone>,
    Caller(actor): Caller,
    mut request: Request,
    next: Next,
) -> Response {
    let seen = Seen::of(&mut request).await;
    if request.method().is_safe() {
        let response = tokio::select! {
            // Who may not do it is told so at the first look, which comes also for a client that has gone.
            biased;
            response = next.run(request) => response,
            () = gone.cancelled() => return Response::default(),
        };
        if response.status() == StatusCode::FORBIDDEN {
            let ending = Ending::of(&response);
            log.answered(&actor, &seen, ending).await;
        }
        return response;
    }
    // One task more, so that a panic is an answer like any other.
    let handler = AbortOnDropHandle::new(tokio::spawn(next.run(request).in_current_span()));
    let response = match timeout(LONGEST, handler).await {
        Ok(Ok(response)) => response,
        Ok(Err(ended)) => Problem::internal(ended).into_response(),
        Err(_elapsed) => Problem::new(Code::DeadlineExceeded).into_response(),
    };
    let ending = Ending::of(&response);
    log.answered(&actor, &seen, ending).await;
    response
}
