//! The host that a request names: a proxy in front may depend on it, so both must read the same.

use http::{HeaderValue, Request, Version, header::HOST};

/// What is wrong with the host that the request names, if anything (RFC 9112, section 3.2; RFC 9113, section 8.3.1).
pub(super) fn fault<B>(request: &Request<B>) -> Option<&'static str> {
    let mut headers = request.headers().get_all(HOST).iter().map(HeaderValue::as_bytes);
    let (host, another) = (headers.next(), headers.next());
    if another.is_some() {
        return Some("duplicate Host header");
    }
    match (authority(request), host) {
        (Some(authority), Some(host)) if !authority.eq_ignore_ascii_case(host) => {
            Some("`:authority` and the header Host differ")
        }
        (Some(named), _) | (None, Some(named)) => {
            (!is_host(named)).then_some("the host is not a name or address with an optional port")
        }
        (None, None) if request.version() <= Version::HTTP_10 => None,
        (None, None) => Some("the request names no host"),
    }
}

/// The host that a request without [`fault`] names, without its port.
pub(super) fn name<B>(request: &Request<B>) -> Option<&[u8]> {
    let header = || request.headers().get(HOST).map(HeaderValue::as_bytes);
    authority(request).or_else(header).map(|host| split(host).0)
}

/// All hosts that a request names, without their ports: that of `:authority` or the header Host, and that of an absolute
/// target of HTTP/1 (RFC 9112, section 3.2.2), which may be another.
pub fn named_hosts<B>(request: &Request<B>) -> impl Iterator<Item = &[u8]> {
    let is_http2 = request.version() == Version::HTTP_2;
    let target = request.uri().authority().filter(|_| !is_http2);
    name(request)
        .into_iter()
        .chain(target.map(|authority| authority.host().as_bytes()))
}

/// HTTP/1 gives only the target of a proxy an authority, which is ignored.
fn authority<B>(request: &Request<B>) -> Option<&[u8]> {
    let authority = (request.version() == Version::HTTP_2)
        .then(|| request.uri().authority())
        .flatten();
    authority.map(|authority| authority.as_str().as_bytes())
}

/// Name or address, and what is behind it.
fn split(host: &[u8]) -> (&[u8], &[u8]) {
    match host.iter().position(|byte| *byte == b']') {
        Some(end) => host.split_at(end + 1),
        None => host.split_at(host.iter().position(|byte| *byte == b':').unwrap_or(host.len())),
    }
}

/// `uri-host [ ":" port ]` of RFC 9110, section 7.2. It may not be empty, as in no URI of http (section 4.2.1).
fn is_host(text: &[u8]) -> bool {
    let (name, rest) = split(text);
    let named = match name {
        [b'[', address @ .., b']'] => address
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || b":.".contains(byte)),
        name => name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=".contains(byte)),
    };
    let port = match rest {
        [] => true,
        [b':', port @ ..] => port.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    named && port && !matches!(name, b"" | b"[]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_that_a_request_names() {
        for (version, target, header, named) in [
            (Version::HTTP_11, "/x", Some("a:80"), &["a"][..]),
            (Version::HTTP_11, "http://b:80/x", Some("a:81"), &["a", "b"]),
            (Version::HTTP_11, "http://u@b/x", Some("[::1]:1"), &["[::1]", "b"]),
            (Version::HTTP_10, "/x", None, &[]),
            (Version::HTTP_2, "http://b:80/x", None, &["b"]),
            (Version::HTTP_2, "http://b/x", Some("B"), &["b"]),
        ] {
            let mut request = Request::builder().version(version).uri(target);
            if let Some(header) = header {
                request = request.header(HOST, header);
            }
            let request = request.body(()).unwrap();
            let hosts: Vec<_> = named_hosts(&request)
                .map(|host| str::from_utf8(host).unwrap())
                .collect();
            assert_eq!(hosts, named, "{version:?} {target}");
        }
    }

    #[test]
    fn names_and_addresses_with_and_without_a_port() {
        for host in [
            "a",
            "a-b.example.com.",
            "a_b:80",
            "127.0.0.1:8080",
            "[::1]",
            "[::ffff:1.2.3.4]:80",
            "a:",
        ] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        let none = [
            "", ":80", "a b", "a/c", "u@h", "u:p@h", "a:80:80", "a:b", "[::1", "::1", "[]", "[::1]x",
            "x[::1]", "\u{e9}",
        ];
        for host in none {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
    }
}
