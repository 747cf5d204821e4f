//! Framing of a request's body: which transfer codings are accepted.

use http::{HeaderMap, header::TRANSFER_ENCODING};

/// What is wrong with the framing of the body, if anything (RFC 9112, section 6.1).
///
/// hyper accepts any codings before a final `chunked` and reads the body without them; a proxy in front could see
/// another end of the body. hyper ignores a length beside chunks and closes the connection after its response (section
/// 6.3); framing that it cannot read it rejects.
pub(super) fn fault(headers: &HeaderMap) -> Option<&'static str> {
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let coding = codings.next()?;
    let chunked = codings.next().is_none() && coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    (!chunked).then_some("Transfer-Encoding is not `chunked`, once and nothing besides")
}
