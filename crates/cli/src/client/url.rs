//! The URL of an admin plane.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use url::{Host, Url};

/// The URL of an admin plane: `http` or `https`, a host, and a path where a proxy has it below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUrl(Box<Url>);

impl ServiceUrl {
    /// The service that listens at this address of this host, by TLS or in plain. A certificate names a host rather than
    /// an address, so TLS to a loopback address asks for `localhost`.
    ///
    /// # Errors
    /// When the address cannot be part of a URL.
    pub fn local(mut address: SocketAddr, tls: bool) -> Result<Self, UrlError> {
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        if !tls {
            return format!("http://{address}").parse();
        }
        if address.ip().is_loopback() {
            return format!("https://localhost:{}", address.port()).parse();
        }
        format!("https://{address}").parse()
    }

    /// Whether it is on this machine, as far as the URL says.
    pub fn is_loopback(&self) -> bool {
        match self.0.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        }
    }

    /// The URL of this path, which begins with a slash, with these parameters.
    pub(super) fn of(&self, path: &str, query: &[(&'static str, String)]) -> Url {
        let mut url = Url::clone(&self.0);
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }
}

/// Why a text is no [`ServiceUrl`]. It does not repeat the text, in which a password may stand.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is no URL, or has another scheme.
    #[error("must be a URL such as https://admin.example.org or http://127.0.0.1:8081")]
    Shape,
    /// There is a user or a password in it.
    #[error("must not contain a user name: the token comes from a file or the environment")]
    User,
    /// There is a query or a fragment in it.
    #[error("must not contain a query or a fragment")]
    Query,
}

impl FromStr for ServiceUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let url: Url = text.parse().map_err(|_| UrlError::Shape)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(UrlError::Shape);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(UrlError::User);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(UrlError::Query);
        }
        Ok(Self(Box::new(url)))
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_scheme_a_host_and_perhaps_a_path() {
        for (text, joined, loopback) in [
            ("http://127.0.0.1:8081", "http://127.0.0.1:8081/x", true),
            ("http://[::1]:8081/", "http://[::1]:8081/x", true),
            ("http://localhost", "http://localhost/x", true),
            (
                "https://admin.example.org/tenantry/",
                "https://admin.example.org/tenantry/x",
                false,
            ),
            (
                "http://127.0.0.1.example.org",
                "http://127.0.0.1.example.org/x",
                false,
            ),
        ] {
            let url: ServiceUrl = text.parse().unwrap();
            assert_eq!(
                (url.of("/x", &[]).as_str(), url.is_loopback()),
                (joined, loopback)
            );
        }
        for (text, wrong) in [
            ("", UrlError::Shape),
            ("admin.example.org", UrlError::Shape),
            ("/admin", UrlError::Shape),
            ("http://", UrlError::Shape),
            ("ftp://admin.example.org", UrlError::Shape),
            ("https://ops:secret@admin.example.org", UrlError::User),
            ("https://:secret@admin.example.org", UrlError::User),
            ("https://admin.example.org/?a=1", UrlError::Query),
            ("https://admin.example.org/#a", UrlError::Query),
        ] {
            assert_eq!(text.parse::<ServiceUrl>(), Err(wrong), "{text}");
        }
    }

    #[test]
    fn parameters_are_encoded() {
        let url: ServiceUrl = "http://localhost/below".parse().unwrap();
        let query = [("name_prefix", "a&b=c ü".to_owned()), ("limit", "7".to_owned())];
        assert_eq!(
            url.of("/x", &query).as_str(),
            "http://localhost/below/x?name_prefix=a%26b%3Dc+%C3%BC&limit=7"
        );
    }

    #[test]
    fn an_unspecified_address_becomes_the_loopback_address() {
        for (listens, base, loopback) in [
            ("0.0.0.0:8081", "http://127.0.0.1:8081", true),
            ("[::]:8081", "http://[::1]:8081", true),
            // May be another machine's.
            ("10.0.0.1:8081", "http://10.0.0.1:8081", false),
        ] {
            let url = ServiceUrl::local(listens.parse().unwrap(), false).unwrap();
            assert_eq!((url.to_string().as_str(), url.is_loopback()), (base, loopback));
        }
    }
    #[test]
    fn tls_asks_for_a_host_name_on_this_machine() {
        for (listens, base) in [
            ("127.0.0.1:8081", "https://localhost:8081"),
            ("[::]:8081", "https://localhost:8081"),
            ("10.0.0.1:8081", "https://10.0.0.1:8081"),
        ] {
            let url = ServiceUrl::local(listens.parse().unwrap(), true).unwrap();
            assert_eq!(url.to_string(), base);
        }
    }
}
