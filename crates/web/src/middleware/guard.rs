//! Panics and the deadline: what can end a handler from outside.

use std::{any::Any, convert::Infallible, panic::AssertUnwindSafe, time::Duration};

use axum::response::{IntoResponse as _, Response};
use futures_util::FutureExt as _;
use tokio::time::timeout;

use crate::error::{Code, Problem};

/// The handler's answer, or the problem of its panic, or of its taking longer than `deadline`.
pub(super) async fn guarded(
    answer: impl Future<Output = Result<Response, Infallible>>,
    deadline: Duration,
) -> Response {
    // Unwind safe: after a panic the future is dropped, and what it shares with others is behind locks that
    // poison.
    match timeout(deadline, AssertUnwindSafe(answer).catch_unwind()).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(panic)) => {
            tracing::error!(panic = text(panic.as_ref()), "a handler panicked");
            Problem::new(Code::Internal).into_response()
        }
        Err(_elapsed) => Problem::new(Code::DeadlineExceeded).into_response(),
    }
}

/// The text of `panic!`, which is a `&str` or a `String`.
fn text(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("of no text")
}
