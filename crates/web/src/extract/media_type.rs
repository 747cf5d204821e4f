//! Media types of request bodies, by their headers.

use http::{HeaderMap, header};

const JSON: &str = "application/json";
/// RFC 7396.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// What a PATCH takes, as `Accept-Patch` says it (RFC 5789 section 3.1).
pub(crate) const ACCEPT_PATCH: &str = "application/json, application/merge-patch+json";

/// How the body of a PATCH is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PatchType {
    /// The fields to change.
    Json,
    /// A JSON Merge Patch.
    Merge,
}

/// The type of a PATCH's body; `None` if it is neither, or encoded. A suffix `+json` says how a body is written and not
/// what it asks for: a JSON Patch is a list of operations, so that only the two known types are taken.
pub(super) fn patch_type(headers: &HeaderMap) -> Option<PatchType> {
    match essence(headers)?.as_str() {
        JSON => Some(PatchType::Json),
        MERGE_PATCH => Some(PatchType::Merge),
        _ => None,
    }
}

/// `application/json` or a structured suffix `+json` (RFC 6839), whatever its parameters, and not compressed.
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    essence(headers).is_some_and(|essence| {
        essence == JSON
            || essence
                .strip_prefix("application/")
                .and_then(|t| t.strip_suffix("+json"))
                .is_some_and(|t| !t.is_empty())
    })
}

/// The type without its parameters, in lower case. `None` if the body is encoded, or does not have exactly one type.
///
/// A missing type is refused too: a form of another site can send a body without a type that a browser would
/// ask about first (CORS), but none as `application/json`.
fn essence(headers: &HeaderMap) -> Option<String> {
    let encoded = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|coding| coding != "identity");
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(one), None, false) = (types.next(), types.next(), encoded) else {
        return None;
    };
    let essence = one.to_str().ok()?.split(';').next()?;
    Some(essence.trim().to_ascii_lowercase())
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

    #[test]
    fn a_patch_has_one_of_two_types() {
        let of = |kind| patch_type(&headers(&[(header::CONTENT_TYPE, kind)]));
        assert_eq!(of("application/json; charset=utf-8"), Some(PatchType::Json));
        assert_eq!(of("Application/Merge-Patch+JSON"), Some(PatchType::Merge));
        for other in [
            "application/json-patch+json",
            "application/vnd.api+json",
            "application/merge-patch",
            "text/plain",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
        assert_eq!(patch_type(&HeaderMap::new()), None);
        for kind in ACCEPT_PATCH.split(", ") {
            assert!(of(kind).is_some(), "{kind}");
        }
    }
}
