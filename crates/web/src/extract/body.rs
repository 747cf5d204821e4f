//! A request's body as bytes.

use std::{error::Error, io};

use axum::{RequestExt as _, body::Bytes, extract::Request};
use http_body_util::{BodyExt as _, LengthLimitError};

use crate::{
    error::{Code, Problem},
    middleware::BodyTimeout,
};

/// Reads the whole body, for middleware that needs it before the handler.
///
/// # Errors
/// `BODY_TOO_LARGE`, `REQUEST_TIMEOUT` or `MALFORMED`, as [`Json`](super::Json) has them.
pub async fn whole_body(request: Request) -> Result<Bytes, Problem> {
    let body = request.with_limited_body().into_body();
    let collected = body.collect().await.map_err(|error| unreadable(&error))?;
    Ok(collected.to_bytes())
}

/// The problem for a body that cannot be read, by the error's sources.
fn unreadable(error: &(dyn Error + 'static)) -> Problem {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<LengthLimitError>() {
            return Code::BodyTooLarge.into();
        }
        if error.is::<BodyTimeout>() {
            return Code::RequestTimeout.into();
        }
        if error.downcast_ref().is_some_and(is_of_chunks) {
            return Problem::new(Code::Malformed).detail("the body's chunked encoding is invalid");
        }
        next = error.source();
    }
    Problem::new(Code::Malformed).detail("the body ends before its announced end")
}

/// hyper's errors of a chunk's size, its extensions, its end and of trailers (not of a body that just ends).
fn is_of_chunks(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData
    )
}
