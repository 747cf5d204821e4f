//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): its syntax, the request that it stands for, and [`Once`].

use axum::extract::{FromRequest, Request};
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::{body::whole_body, media_type::is_json};
use crate::error::{Code, Problem};
use crate::read;

/// Names the request, so that it runs once.
pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Marks the response of an earlier request with the same key.
pub const IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Most characters of a key.
pub const LONGEST_IDEMPOTENCY_KEY: usize = 255;

/// The request's key, if any.
///
/// # Errors
/// `MALFORMED`, when it is not given once, as 1 to 255 visible ASCII characters.
pub fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(IDEMPOTENCY_KEY).iter();
    let (Some(key), another) = (given.next(), given.next()) else {
        return Ok(None);
    };
    let fit = |key: &&str| {
        (1..=LONGEST_IDEMPOTENCY_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let key = key.to_str().ok().filter(fit).filter(|_| another.is_none());
    key.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::new(Code::Malformed)
            .detail("Idempotency-Key must be given once, as 1 to 255 visible ASCII characters")
    })
}

/// SHA-256 of everything that a handler uses. Control characters separate the parts, since a head contains none.
pub fn request_fingerprint(head: &Parts, body: &[u8]) -> [u8; 32] {
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

/// The JSON body of a POST that may be sent again, read as [`Json`](super::Json) reads it, and its key.
#[derive(Clone, Debug)]
pub struct Once<T> {
    /// The body.
    pub body: T,
    /// The key, if the request has one.
    pub request: Option<KeyedRequest>,
}

/// A request with a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyedRequest {
    /// 1 to 255 visible ASCII characters.
    pub key: String,
    /// What a repetition has to have in common: see [`request_fingerprint`].
    pub fingerprint: [u8; 32],
}

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for Once<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            return Err(Code::MediaType.into());
        }
        let key = idempotency_key(request.headers())?;
        let (head, body) = request.into_parts();
        let body = whole_body(Request::from_parts(head.clone(), body)).await?;
        let request = key.map(|key| KeyedRequest {
            key,
            fingerprint: request_fingerprint(&head, &body),
        });
        Ok(Self {
            body: read::json(&body)?,
            request,
        })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};

    use super::*;

    fn read_values(values: &[&[u8]]) -> Result<Option<String>, Code> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IDEMPOTENCY_KEY, HeaderValue::from_bytes(value).unwrap());
        }
        idempotency_key(&headers).map_err(|problem| problem.code())
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
            request_fingerprint(&request.body(()).unwrap().into_parts().0, body)
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
