//! A request's idempotency key, its owner, and the request's fingerprint.

use control_plane::{Actor, IdempotencyKey, NewAdminToken};
use http::request::Parts;
use http::{HeaderMap, header};
use sha2::{Digest as _, Sha256};
use web::{Code, Problem};

pub(super) const HEADER: &str = "idempotency-key";

/// The request's key, if any.
pub(super) fn read(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(HEADER).iter();
    let (Some(key), another) = (given.next(), given.next()) else {
        return Ok(None);
    };
    match key.to_str() {
        Ok(key) if another.is_none() && IdempotencyKey::is_fit(key) => Ok(Some(key.to_owned())),
        _ => Err(Problem::new(Code::Malformed)
            .detail("Idempotency-Key must be given once, as 1 to 255 visible ASCII characters")),
    }
}

/// The owner of a key: each token has its own keys.
pub(super) fn owner(actor: &Actor) -> String {
    actor
        .token
        .map_or_else(|| NewAdminToken::CONFIGURED.to_owned(), |token| token.to_string())
}

/// SHA-256 of everything that a handler uses. Control characters separate the parts, since a head contains none.
pub(super) fn fingerprint(head: &Parts, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [
        head.method.as_str().as_bytes(),
        head.uri.path().as_bytes(),
        head.uri.query().unwrap_or_default().as_bytes(),
    ] {
        hash.update(part);
        hash.update([0]);
    }
    for (condition, end) in [(header::IF_MATCH, 1), (header::IF_NONE_MATCH, 2)] {
        for value in head.headers.get_all(condition) {
            hash.update(value.as_bytes());
            hash.update([end]);
        }
    }
    hash.update([0]);
    hash.update(body);
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};

    use super::*;

    fn read_values(values: &[&[u8]]) -> Result<Option<String>, Code> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HEADER, HeaderValue::from_bytes(value).unwrap());
        }
        super::read(&headers).map_err(|problem| problem.code())
    }

    #[test]
    fn a_key_is_visible_ascii_and_given_once() {
        assert_eq!(read_values(&[]), Ok(None));
        let longest = "x".repeat(255);
        for key in ["a", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", "!~", &longest] {
            assert_eq!(read_values(&[key.as_bytes()]), Ok(Some(key.to_owned())));
        }
        let too_long = "x".repeat(256);
        for wrong in [&b""[..], b"a b", b"a\tb", b"\xc3\xa4", too_long.as_bytes()] {
            assert_eq!(read_values(&[wrong]), Err(Code::Malformed), "{wrong:?}");
        }
        assert_eq!(read_values(&[b"a", b"a"]), Err(Code::Malformed));
    }

    #[test]
    fn each_part_of_a_request_tells_it_from_others() {
        let with = |header: &str, method: &str, uri: &str, conditions: &[&str], body: &[u8]| {
            let mut request = Request::builder().method(method).uri(uri);
            for condition in conditions {
                request = request.header(header, *condition);
            }
            fingerprint(&request.body(()).unwrap().into_parts().0, body)
        };
        let of = |method: &str, uri: &str, conditions: &[&str], body: &[u8]| {
            with("if-match", method, uri, conditions, body)
        };
        let one = of("POST", "/a?b=c", &["1"], b"{}");
        assert_eq!(one, of("POST", "/a?b=c", &["1"], b"{}"));
        for other in [
            of("PUT", "/a?b=c", &["1"], b"{}"),
            of("POST", "/a", &["1"], b"{}"),
            of("POST", "/ab?=c", &["1"], b"{}"),
            of("POST", "/a?b=c", &[], b"{}"),
            of("POST", "/a?b=c", &["1", "2"], b"{}"),
            of("POST", "/a?b=c", &["1", ""], b"{}"),
            of("POST", "/a?b=c", &["1"], b"{} "),
            with("if-none-match", "POST", "/a?b=c", &["1"], b"{}"),
        ] {
            assert_ne!(one, other);
        }
    }
}
