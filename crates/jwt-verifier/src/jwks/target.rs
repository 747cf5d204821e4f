//! The URL of a key set.

use url::{Host, Url};

/// The URL in this text, or what is wrong with it as the end of a sentence.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    let url: Url = text.parse().map_err(|error| format!("is not a URL: {error}"))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user or password in it".to_owned());
    }
    if url.fragment().is_some() {
        return Err("must not have a fragment".to_owned());
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => {
            Err("must be https, since whoever answers it can forge tokens; http is for loopback".to_owned())
        }
        _ => Err("must be https".to_owned()),
    }
}

/// The URL as logs show it, without its query.
pub(super) fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback() {
        for url in [
            "https://login.example.com/keys",
            "http://localhost:8000/keys",
            "http://127.0.0.1/keys",
            "http://[::1]:80/keys",
        ] {
            assert!(parse(url).is_ok(), "{url}");
        }
        for url in [
            "http://login.example.com/keys",
            "http://localhost.example.com/keys",
            "http://127.0.0.1.example.com/keys",
            "http://10.0.0.1/keys",
            "https://user@example.com/",
            "https://:pass@example.com/",
            "https://example.com/#keys",
            "file:///etc/keys",
            "keys",
            "",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn queries_are_not_shown() {
        let url = parse("https://example.com/keys?api_key=secret").unwrap();
        assert_eq!(shown(&url), "https://example.com/keys");
    }
}
