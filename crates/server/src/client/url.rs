//! Where a service is.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ureq::http::Uri;

/// The URL of an admin plane: `http` or `https`, a host, and a path where a proxy has it below one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceUrl {
    /// Without a slash at its end.
    base: String,
    loopback: bool,
}

impl ServiceUrl {
    /// The service that listens at this address of this host.
    pub(crate) fn local(mut address: SocketAddr) -> Self {
        if address.ip().is_unspecified() {
            address.set_ip(match address.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        Self {
            base: format!("http://{address}"),
            loopback: address.ip().is_loopback(),
        }
    }

    /// Whether it is on this machine, as far as can be told without asking anybody.
    pub(crate) fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// The URL of this path, which begins with a slash.
    pub(crate) fn join(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }
}

/// Why a text is no [`ServiceUrl`]. It does not repeat the text, in which a password may stand.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is none, or has another scheme.
    #[error("is no URL such as https://admin.example.org or http://127.0.0.1:8081")]
    Shape,
    /// There is a user or a password in it.
    #[error("has a user in it: the token comes from a file or the environment")]
    User,
    /// There is a query in it.
    #[error("has a query in it: name the service and no more")]
    Query,
}

impl FromStr for ServiceUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let uri: Uri = text.parse().map_err(|_| UrlError::Shape)?;
        let authority = uri.authority().ok_or(UrlError::Shape)?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) || authority.host().is_empty() {
            return Err(UrlError::Shape);
        }
        if authority.as_str().contains('@') {
            return Err(UrlError::User);
        }
        if uri.query().is_some() || text.contains('#') {
            return Err(UrlError::Query);
        }
        let host = authority.host().trim_matches(['[', ']']);
        let loopback = host.eq_ignore_ascii_case("localhost")
            || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        Ok(Self {
            base: text.trim_end_matches('/').to_owned(),
            loopback,
        })
    }
}

impl fmt::Display for ServiceUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.base)
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
            assert_eq!((url.join("/x").as_str(), url.is_loopback()), (joined, loopback));
        }
        for (text, wrong) in [
            ("", UrlError::Shape),
            ("admin.example.org", UrlError::Shape),
            ("/admin", UrlError::Shape),
            ("ftp://admin.example.org", UrlError::Shape),
            ("https://ops:secret@admin.example.org", UrlError::User),
            ("https://admin.example.org/?a=1", UrlError::Query),
            ("https://admin.example.org/#a", UrlError::Query),
        ] {
            assert_eq!(text.parse::<ServiceUrl>(), Err(wrong), "{text}");
        }
    }

    #[test]
    fn who_listens_everywhere_is_reached_on_this_host() {
        for (listens, base, loopback) in [
            ("0.0.0.0:8081", "http://127.0.0.1:8081", true),
            ("[::]:8081", "http://[::1]:8081", true),
            // Whose address that is cannot be told.
            ("10.0.0.1:8081", "http://10.0.0.1:8081", false),
        ] {
            let url = ServiceUrl::local(listens.parse().unwrap());
            assert_eq!((url.to_string().as_str(), url.is_loopback()), (base, loopback));
        }
    }
}
