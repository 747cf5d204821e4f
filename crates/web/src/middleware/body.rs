//! What is refused before its body is read, and how far that is read: its size is refused where it is announced, else
//! while it is read.

use axum::{
    body::{Body, HttpBody as _},
    extract::{DefaultBodyLimit, Request},
};
use http_body_util::Limited;
use tokio::time::Instant;

use super::{StackSettings, framing, host, pace::PacedBody};
use crate::error::{Code, Problem};

/// What can be refused by the head alone.
pub(super) fn refusal(request: &Request, settings: &StackSettings) -> Option<Problem> {
    if let Some(fault) = framing::fault(request).or_else(|| host::fault(request)) {
        return Some(Problem::new(Code::Malformed).detail(fault));
    }
    let uri = request.uri().path_and_query().map_or(0, |uri| uri.as_str().len());
    if uri > settings.uri_limit {
        return Some(Code::UriTooLong.into());
    }
    // With a Content-Length the hint is that length; without one it is zero.
    let announced = usize::try_from(request.body().size_hint().lower()).unwrap_or(usize::MAX);
    (announced > settings.body_limit).then(|| Code::BodyTooLarge.into())
}

/// Holds the body to its length and pace while it is read, whoever reads it.
pub(super) fn bounded(mut request: Request, settings: &StackSettings) -> Request {
    if request.body().is_end_stream() {
        return request;
    }
    // Ours takes the place of axum's own limit.
    DefaultBodyLimit::disable().apply(&mut request);
    request.map(|body| {
        let paced = PacedBody::new(body, settings.body_pause, Instant::now() + settings.body_whole);
        Body::new(Limited::new(paced, settings.body_limit))
    })
}
