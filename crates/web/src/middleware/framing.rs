//! Where a request's body ends, as its head says.

use axum::extract::Request;
use http::header::TRANSFER_ENCODING;

/// What is wrong with how the body is framed, if anything (RFC 9112, section 6.1).
///
/// hyper looks for `chunked` at the end and for nothing before it, so that a body would be read without the codings
/// that were put on it, and one that stands in front could see another end. A length beside chunks it takes away,
/// and closes the connection once it has answered (section 6.3); what it cannot frame at all it refuses by itself.
pub(super) fn fault(request: &Request) -> Option<&'static str> {
    let mut codings = request.headers().get_all(TRANSFER_ENCODING).iter();
    let coding = codings.next()?;
    let chunked = codings.next().is_none() && coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    (!chunked).then_some("Transfer-Encoding is not `chunked`, once and nothing besides")
}
