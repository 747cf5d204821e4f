//! Recognition of JSON bodies by their headers.

use http::{HeaderMap, header};

/// `application/json` or a structured suffix `+json` (RFC 6839), whatever its parameters, and not compressed.
///
/// A missing type is refused too: a form of another site can send a body without a type that a browser would
/// ask about first (CORS), but none as `application/json`.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let encoded = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|coding| coding != "identity");
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(one), None, false) = (types.next(), types.next(), encoded) else {
        return false;
    };
    let text = one.to_str().unwrap_or_default();
    let essence = text
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    essence == "application/json"
        || essence
            .strip_prefix("application/")
            .and_then(|t| t.strip_suffix("+json"))
            .is_some_and(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(header::HeaderName, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn json_and_its_suffix_are_json() {
        for json in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/merge-patch+json",
        ] {
            assert!(is_json(&headers(&[(header::CONTENT_TYPE, json)])), "{json}");
        }
    }

    #[test]
    fn all_else_is_not() {
        for other in [
            "",
            "text/json",
            "text/plain",
            "application/jsonp",
            "application/+json",
            "application/xml",
        ] {
            assert!(!is_json(&headers(&[(header::CONTENT_TYPE, other)])), "{other}");
        }
        assert!(!is_json(&HeaderMap::new()));
        let compressed = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CONTENT_ENCODING, "gzip"),
        ];
        assert!(!is_json(&headers(&compressed)));
        let mut two = headers(&[(header::CONTENT_TYPE, "application/json")]);
        two.append(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        assert!(!is_json(&two));
    }
}
