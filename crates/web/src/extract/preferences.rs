//! Preferences of a request (RFC 7240), and [`Return`].

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, IntoResponseParts, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// Says which preference had an effect.
pub const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// The value of the preference of this name, empty if it has none; `None` without the preference. The first one counts.
/// Its parameters are ignored.
pub fn preference(headers: &HeaderMap, name: &str) -> Option<String> {
    let values = headers.get_all("prefer").iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| unquoted(value, ','))
        .find_map(|preference| value_of(preference, name))
}

/// The value in a preference, if it has this name.
fn value_of(preference: &str, name: &str) -> Option<String> {
    let preference = unquoted(preference, ';').into_iter().next()?;
    let (named, value) = preference.split_once('=').unwrap_or((preference, ""));
    let value = value.trim();
    let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    named
        .trim()
        .eq_ignore_ascii_case(name)
        .then(|| quoted.unwrap_or(value).to_owned())
}

/// Splits at the separators outside of quoted strings.
fn unquoted(text: &str, separator: char) -> Vec<&str> {
    let (mut quoted, mut escaped) = (false, false);
    let parts = text.split(|character| {
        let literal = std::mem::take(&mut escaped);
        match character {
            _ if literal => {}
            '"' => quoted = !quoted,
            '\\' => escaped = quoted,
            _ => return character == separator && !quoted,
        }
        false
    });
    parts.collect()
}

/// What the response to a change is to have: `Prefer: return=…` (RFC 7240 section 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Return {
    /// The representation, without a preference.
    Default,
    /// The representation, as preferred.
    Representation,
    /// No body.
    Minimal,
}

impl Return {
    /// The response to a change: with this status, and the representation unless none is preferred. Then 200 becomes 204.
    pub fn respond(
        self,
        status: StatusCode,
        headers: impl IntoResponseParts,
        representation: impl IntoResponse,
    ) -> Response {
        let mut response = match (self, status) {
            (Self::Minimal, StatusCode::OK) => (StatusCode::NO_CONTENT, headers, ()).into_response(),
            (Self::Minimal, status) => (status, headers, ()).into_response(),
            (Self::Default | Self::Representation, status) => {
                (status, headers, representation).into_response()
            }
        };
        let applied = match self {
            Self::Default => return response,
            Self::Representation => "return=representation",
            Self::Minimal => "return=minimal",
        };
        let applied = HeaderValue::from_static(applied);
        response.headers_mut().insert(PREFERENCE_APPLIED, applied);
        response
    }
}

impl<S: Sync> FromRequestParts<S> for Return {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(match preference(&parts.headers, "return").as_deref() {
            Some("minimal") => Self::Minimal,
            Some("representation") => Self::Representation,
            _ => Self::Default,
        })
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    fn preferred(values: &[&'static str], name: &str) -> Option<String> {
        let values = values.iter().map(|value| HeaderValue::from_static(value));
        let headers: HeaderMap = values
            .map(|value| (HeaderName::from_static("prefer"), value))
            .collect();
        preference(&headers, name)
    }

    #[test]
    fn a_preference_is_found_in_any_header_and_not_in_a_quoted_value() {
        for (values, found) in [
            (&["return=minimal"][..], Some("minimal")),
            (&["Return = \"minimal\"; x=1"], Some("minimal")),
            (&["wait=10, return=minimal"], Some("minimal")),
            (&["wait=10", "return=minimal;x=\"a,b\""], Some("minimal")),
            (&["return=representation, return=minimal"], Some("representation")),
            (&["return"], Some("")),
            (&["return=\"\""], Some("")),
            (&[], None),
            (&["returns=minimal"], None),
            (&["foo=\"a,return=minimal,b\""], None),
            (&["foo; return=minimal"], None),
        ] {
            assert_eq!(preferred(values, "return").as_deref(), found, "{values:?}");
        }
    }

    async fn asked(value: &'static str) -> Return {
        let request = http::Request::builder().header("prefer", value);
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        match Return::from_request_parts(&mut parts, &()).await {
            Ok(asked) => asked,
        }
    }

    #[tokio::test]
    async fn a_minimal_response_keeps_its_headers() {
        for (value, status, answered, body) in [
            ("return=minimal", StatusCode::OK, StatusCode::NO_CONTENT, ""),
            ("return=minimal", StatusCode::CREATED, StatusCode::CREATED, ""),
            ("return=representation", StatusCode::OK, StatusCode::OK, "whole"),
            ("return=else", StatusCode::CREATED, StatusCode::CREATED, "whole"),
        ] {
            let response = asked(value)
                .await
                .respond(status, [(header::ETAG, "\"7\"")], "whole");
            let applied = response.headers().get(PREFERENCE_APPLIED).cloned();
            let expected = (value != "return=else").then(|| HeaderValue::from_static(value));
            assert_eq!((response.status(), applied), (answered, expected), "{value}");
            assert_eq!(response.headers()["etag"], "\"7\"");
            let sent = axum::body::to_bytes(response.into_body(), 100).await.unwrap();
            assert_eq!(sent, body, "{value}");
        }
    }
}
