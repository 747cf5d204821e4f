//! A name for each request, in its span, its access line, its response and its problem.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that brings a request's id and takes it back.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const LONGEST: usize = 128;

/// A request's id: the client's own if it sent a fit one, so that both sides' logs can be matched, else a
/// UUID whose order is that of arrival (version 7). It is in the request's extensions.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// Takes the id that the headers bring, or makes one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut given = headers.get_all(&HEADER).iter();
        match (given.next(), given.next()) {
            (Some(id), None) if fit(id) => Self(id.clone()),
            _ => Self::new(),
        }
    }

    fn new() -> Self {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = Uuid::now_v7().as_hyphenated().encode_lower(&mut text);
        // Digits, letters and hyphens always make a header's value.
        Self(HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("none")))
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        // ASCII by construction.
        self.0.to_str().unwrap_or_default()
    }

    pub(super) fn header_value(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// 1 to 128 characters that neither a log nor a shell takes for anything else.
fn fit(id: &HeaderValue) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=LONGEST).contains(&id.len()) && id.as_bytes().iter().all(allowed)
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        RequestId::of(&headers).to_string()
    }

    #[test]
    fn a_fit_id_is_kept() {
        for id in ["a", "7f3a.Z_9-x", &"a".repeat(128)] {
            assert_eq!(of(&[id]), id);
        }
    }

    #[test]
    fn anything_else_is_replaced() {
        let long = "a".repeat(129);
        for values in [&[][..], &[""], &["a b"], &["a\"b"], &["ä"], &[&long], &["a", "b"]] {
            let id = Uuid::parse_str(&of(values)).unwrap();
            assert_eq!(id.get_version_num(), 7, "{values:?}");
        }
    }
}
