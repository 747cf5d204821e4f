//! The response to a panic of a handler.

use std::any::Any;

use axum::{body::Body, response::Response};

use crate::error::{Code, Problem};

/// What tower-http's layer calls with a panic.
pub(super) type PanicHandler = fn(Box<dyn Any + Send>) -> Response;

/// `INTERNAL`; the panic's text goes to the log.
#[expect(clippy::needless_pass_by_value, reason = "the signature is tower-http's")]
pub(super) fn respond(panic: Box<dyn Any + Send>) -> Response {
    tracing::error!(panic = text(&*panic), "a handler panicked");
    Problem::new(Code::Internal).unrendered::<Body>()
}

/// The text of `panic!`, which is a `&str` or a `String`.
fn text(panic: &(dyn Any + Send)) -> &str {
    let literal = panic.downcast_ref::<&str>().copied();
    literal
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no text")
}
