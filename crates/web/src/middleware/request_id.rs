//! Request ids: which of a client's are kept, and new ones.

use http::{HeaderMap, HeaderName, HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};
use uuid::Uuid;

use super::redact::contains_secret;

/// The header that carries a request's id both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

const MAX_LENGTH: usize = 128;

/// Removes the client's id unless there is exactly one that is fit for a log. One with a secret, such as an API key, is not.
pub(super) fn remove_unfit(headers: &mut HeaderMap, secret_prefix: Option<&str>) {
    let mut given = headers.get_all(&HEADER).iter();
    let keep = match (given.next(), given.next()) {
        (Some(id), None) => {
            is_fit(id) && !secret_prefix.is_some_and(|prefix| contains_secret(id.as_bytes(), prefix))
        }
        (id, _) => id.is_none(),
    };
    if !keep {
        headers.remove(&HEADER);
    }
}

/// 1 to 128 characters that have no meaning to a log or a shell.
fn is_fit(id: &HeaderValue) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    (1..=MAX_LENGTH).contains(&id.len()) && id.as_bytes().iter().all(allowed)
}

/// UUIDs of version 7, whose order is that of arrival.
#[derive(Clone, Copy)]
pub struct OrderedUuid;

impl MakeRequestId for OrderedUuid {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
        let text = Uuid::now_v7().as_hyphenated().encode_lower(&mut text);
        HeaderValue::from_str(text).ok().map(RequestId::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(values: &[&str]) -> usize {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        remove_unfit(&mut headers, Some("tnt_"));
        headers.len()
    }

    #[test]
    fn a_fit_id_is_kept() {
        for id in ["a", "7f3a.Z_9-x", &"a".repeat(128)] {
            assert_eq!(kept(&[id]), 1, "{id}");
        }
    }

    #[test]
    fn anything_else_is_removed() {
        let long = "a".repeat(129);
        for values in [&[][..], &[""], &["a b"], &["a\"b"], &["ä"], &[&long], &["a", "b"]] {
            assert_eq!(kept(values), 0, "{values:?}");
        }
    }

    #[test]
    fn an_id_with_a_secret_is_removed() {
        for id in ["tnt_key_abc", "x-tnt_admin_abc", "TNT_KEY_ABC", "Tnt_"] {
            assert_eq!(kept(&[id]), 0, "{id}");
        }
        for id in ["tnt", "tnt-key", "tn_t"] {
            assert_eq!(kept(&[id]), 1, "{id}");
        }
    }

    #[test]
    fn new_ids_are_uuids_in_order_of_arrival() {
        let id = || OrderedUuid.make_request_id(&Request::new(())).unwrap();
        let ids = [id(), id()].map(|id| Uuid::try_parse_ascii(id.header_value().as_bytes()).unwrap());
        assert!(ids[0] < ids[1]);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }
}
