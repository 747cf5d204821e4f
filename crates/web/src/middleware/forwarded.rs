//! The client's address behind trusted proxies, by `Forwarded` (RFC 7239) or `X-Forwarded-For`.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use http::{Extensions, HeaderMap, HeaderName, Request, header::FORWARDED};
use ipnet::IpNet;

use crate::listen::Peer;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Proxies whose word is taken for whom they forward a request. By default none.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Arc<[IpNet]>);

/// In a request's extensions where its peer is a trusted proxy: the client, if that can be told.
#[derive(Clone, Copy, Debug)]
struct ForwardedFor(Option<IpAddr>);

/// The address of the client that has sent a request: the peer's, or behind a trusted proxy the one that the proxy
/// forwards for. `None` where that cannot be told; such a client belongs to no network.
pub fn client_address(extensions: &Extensions) -> Option<IpAddr> {
    match extensions.get() {
        Some(ForwardedFor(client)) => *client,
        None => extensions.get().map(Peer::ip),
    }
}

/// The client behind a trusted proxy, for the log.
pub(super) fn client_behind_proxy(extensions: &Extensions) -> Option<IpAddr> {
    let ForwardedFor(client) = extensions.get()?;
    *client
}

impl TrustedProxies {
    /// Proxies with an address in one of these networks.
    pub fn new(networks: impl IntoIterator<Item = IpNet>) -> Self {
        Self(networks.into_iter().collect())
    }

    /// Finds the client of a request that comes from a trusted proxy: the peer itself, or whom the peer has opened the
    /// connection for.
    pub(super) fn resolve<B>(&self, request: &mut Request<B>) {
        if self.0.is_empty() {
            return;
        }
        let Some(peer) = request.extensions().get::<Peer>() else {
            return;
        };
        let client = match peer.proxied() {
            proxied if self.contain(proxied.unwrap_or(peer.ip())) => self.client(request.headers()),
            Some(client) => Some(client),
            None => return,
        };
        request.extensions_mut().insert(ForwardedFor(client));
    }

    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// A proxy adds to one of the headers, and may pass the other one on as a client has sent it: where there are both,
    /// they have to agree.
    fn client(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let forwarded = headers.contains_key(FORWARDED).then(|| self.forwarded(headers));
        let x_forwarded_for = headers
            .contains_key(X_FORWARDED_FOR)
            .then(|| self.x_forwarded_for(headers));
        match (forwarded, x_forwarded_for) {
            (Some(one), Some(other)) if one != other => None,
            (Some(client), _) | (None, Some(client)) => client,
            (None, None) => None,
        }
    }

    fn forwarded(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = None;
        for line in headers.get_all(FORWARDED).iter().rev() {
            for node in nodes(line.to_str().ok()?)?.iter().rev() {
                let address = address(node.as_deref()?)?;
                client = Some(address);
                if !self.contain(address) {
                    return client;
                }
            }
        }
        client
    }

    /// From the right, where the nearest proxy has written: what is left of the first address that is no trusted proxy's
    /// may be anything.
    fn x_forwarded_for(&self, headers: &HeaderMap) -> Option<IpAddr> {
        let mut client = None;
        for line in headers.get_all(X_FORWARDED_FOR).iter().rev() {
            for hop in line.to_str().ok()?.rsplit(',') {
                let address = address(hop.trim_matches(WHITE_SPACE))?;
                client = Some(address);
                if !self.contain(address) {
                    return client;
                }
            }
        }
        client
    }
}

const WHITE_SPACE: [char; 2] = [' ', '\t'];

/// An address with an optional port. An obfuscated one is none.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    let address = address.or_else(|| text.parse().ok().map(|with_port: SocketAddr| with_port.ip()));
    address.map(|address: IpAddr| address.to_canonical())
}

/// What each element of a `Forwarded` has as its `for`. `None` if it is not as in RFC 7239, section 4.
fn nodes(text: &str) -> Option<Vec<Option<String>>> {
    let (mut nodes, mut node, mut rest) = (Vec::new(), None, text);
    loop {
        let (name, value) = rest.trim_start_matches(WHITE_SPACE).split_once('=')?;
        let (value, after) = if let Some(quoted) = value.strip_prefix('"') {
            unquote(quoted)?
        } else {
            let end = value.find(|c| !is_token(c)).unwrap_or(value.len());
            let (token, after) = value.split_at(end);
            (token.to_owned(), after)
        };
        if name.is_empty() || value.is_empty() || !name.chars().all(is_token) {
            return None;
        }
        if name.eq_ignore_ascii_case("for") && node.replace(value).is_some() {
            return None;
        }
        let after = after.trim_start_matches(WHITE_SPACE);
        match after.chars().next() {
            None => {
                nodes.push(node);
                return Some(nodes);
            }
            Some(',') => nodes.push(node.take()),
            Some(';') => {}
            Some(_) => return None,
        }
        rest = &after[1..];
    }
}

/// The content of a quoted string whose first quote is cut off, and what is behind it.
fn unquote(text: &str) -> Option<(String, &str)> {
    let (mut content, mut characters) = (String::new(), text.char_indices());
    loop {
        match characters.next()? {
            (end, '"') => return Some((content, &text[end + 1..])),
            (_, '\\') => content.push(characters.next()?.1),
            (_, other) => content.push(other),
        }
    }
}

/// `tchar` of RFC 9110, section 5.6.2.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    /// Of a request by way of 10.0.0.1, in which proxies are `10.0.0.0/8` and `fd00::/8`.
    fn client(headers: &[(&str, &str)]) -> Option<String> {
        client_of("10.0.0.1", headers)
    }

    fn client_of(peer: &str, headers: &[(&str, &str)]) -> Option<String> {
        let networks = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let mut request = Request::new(());
        request
            .extensions_mut()
            .insert(Peer::new(SocketAddr::new(peer.parse().unwrap(), 1)));
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request
                .headers_mut()
                .append(name, HeaderValue::from_str(value).unwrap());
        }
        TrustedProxies::new(networks).resolve(&mut request);
        client_address(request.extensions()).map(|client| client.to_string())
    }

    #[test]
    fn headers_of_others_are_not_read() {
        for (name, value) in [("x-forwarded-for", "1.1.1.1"), ("forwarded", "for=1.1.1.1")] {
            assert_eq!(
                client_of("192.0.2.7", &[(name, value)]).as_deref(),
                Some("192.0.2.7")
            );
        }
        let mut request = Request::new(());
        request
            .extensions_mut()
            .insert(Peer::new("10.0.0.1:1".parse().unwrap()));
        request
            .headers_mut()
            .insert(X_FORWARDED_FOR, HeaderValue::from_static("1.1.1.1"));
        TrustedProxies::default().resolve(&mut request);
        assert_eq!(
            client_address(request.extensions()),
            Some("10.0.0.1".parse().unwrap())
        );
        assert_eq!(client_behind_proxy(request.extensions()), None);
    }

    #[test]
    fn the_first_address_from_the_right_that_is_no_proxys_is_the_clients() {
        for (value, expected) in [
            ("1.1.1.1", "1.1.1.1"),
            ("6.6.6.6, 1.1.1.1", "1.1.1.1"),
            ("6.6.6.6,1.1.1.1 ,10.0.0.2,\t10.0.0.3", "1.1.1.1"),
            ("anything; at <all>, , 1.1.1.1", "1.1.1.1"),
            ("1.1.1.1:4711", "1.1.1.1"),
            ("2001:db8::1, fd00::1", "2001:db8::1"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:1.1.1.1, ::ffff:10.0.0.2", "1.1.1.1"),
            // Of proxies alone the farthest.
            ("10.9.9.9, 10.0.0.2", "10.9.9.9"),
        ] {
            assert_eq!(
                client(&[("x-forwarded-for", value)]).as_deref(),
                Some(expected),
                "{value}"
            );
        }
        let lines = [
            ("x-forwarded-for", "6.6.6.6"),
            ("x-forwarded-for", "1.1.1.1, 10.0.0.2"),
        ];
        assert_eq!(client(&lines).as_deref(), Some("1.1.1.1"));
    }

    #[test]
    fn forwarded_is_read_as_the_rfc_has_it() {
        for (value, expected) in [
            ("for=1.1.1.1", "1.1.1.1"),
            (
                "for=6.6.6.6, FOR=1.1.1.1;proto=https;by=10.0.0.1, for=10.0.0.2",
                "1.1.1.1",
            ),
            ("for=\"[2001:db8::1]:4711\"", "2001:db8::1"),
            ("proto=http ; for=\"1.1.1.1:80\"", "1.1.1.1"),
            ("for=_hidden, for=\"1.1.\\1.1\"", "1.1.1.1"),
            ("for=\"a, for=1\", for=1.1.1.1", "1.1.1.1"),
        ] {
            assert_eq!(
                client(&[("forwarded", value)]).as_deref(),
                Some(expected),
                "{value}"
            );
        }
    }

    #[test]
    fn a_client_that_cannot_be_told_has_no_address() {
        for value in [
            "",
            "unknown",
            "1.1.1.1,",
            "1.1.1",
            "1.1.1.1 2.2.2.2",
            "evil, 10.0.0.2",
            "1.1.1.1:x",
            "\u{e9}",
        ] {
            assert_eq!(client(&[("x-forwarded-for", value)]), None, "{value}");
        }
        for value in [
            "",
            "1.1.1.1",
            "for=unknown",
            "for=_hidden",
            "for=",
            "proto=https",
            "for=1.1.1.1;for=2.2.2.2",
            "for=1.1.1.1,",
            "for=1.1.1.1;",
            "for=1.1.1.1 for=2.2.2.2",
            "for=[::1]",
            // A quote that a client has left open swallows what the proxy adds.
            "for=\"10.0.0.9, for=1.1.1.1",
            "for=\"10.0.0.9, for=\"[2001:db8::1]\"",
            "for=\"1.1.1.1\\",
        ] {
            assert_eq!(client(&[("forwarded", value)]), None, "{value}");
        }
        assert_eq!(client(&[]), None, "a proxy that says nothing");
    }

    #[test]
    fn the_header_that_a_proxy_does_not_write_changes_nothing() {
        let both = |forwarded, other| client(&[("forwarded", forwarded), ("x-forwarded-for", other)]);
        assert_eq!(both("for=1.1.1.1", "1.1.1.1").as_deref(), Some("1.1.1.1"));
        assert_eq!(both("for=10.0.0.9", "1.1.1.1"), None);
        assert_eq!(both("for=1.1.1.1", "10.0.0.9"), None);
        assert_eq!(both("for=1.1.1.1", "x"), None);
    }
}
