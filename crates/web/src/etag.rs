//! Strong entity tags in responses (RFC 9110 section 8.8.3).

use axum::response::{IntoResponse, Response};
use http::{HeaderName, StatusCode, header};

use crate::error::Problem;
use crate::extract::{Freshness, Preconditions};

/// The header `ETag` with this strong tag, given without its quotes.
pub fn etag(tag: &str) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{tag}\""))]
}

/// The response to a GET of what has this strong tag: its representation, or 304 if the client's copy is current.
///
/// A response with a strong tag is not [compressed](crate::middleware): a compressed representation would need another
/// tag, which `If-Match` of a change would never match.
///
/// # Errors
/// `PRECONDITION_FAILED`, when `If-Match` names another.
pub fn conditional(
    tag: &str,
    preconditions: &Preconditions,
    representation: impl IntoResponse,
) -> Result<Response, Problem> {
    Ok(match preconditions.freshness(tag)? {
        Freshness::NotModified => (StatusCode::NOT_MODIFIED, etag(tag)).into_response(),
        Freshness::Modified => (etag(tag), representation).into_response(),
    })
}
