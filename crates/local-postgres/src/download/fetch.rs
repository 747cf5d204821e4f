//! HTTP client.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

use super::DownloadError;

/// Timeout of name resolution, and of a connection.
const CONNECT: Duration = Duration::from_secs(15);

/// Timeout of each read.
const READ: Duration = Duration::from_secs(30);

/// Bytes between two reports of progress.
const CHUNK: u64 = 64 * 1024;

/// Fetches a file into memory. `progress` gets the received and, if known, the total number of bytes.
pub(super) fn get(
    url: &str,
    limit: u64,
    mut progress: impl FnMut(u64, Option<u64>),
) -> Result<Vec<u8>, DownloadError> {
    let response = agent(url).get(url).call();
    let (_, body) = response.map_err(|error| failed(url, error))?.into_parts();
    let total = body.content_length();
    let mut reader = body.into_with_config().limit(u64::MAX).reader();
    let mut content = Vec::new();
    loop {
        let chunk = reader.by_ref().take(CHUNK).read_to_end(&mut content);
        if chunk.map_err(|error| failed(url, error.into()))? == 0 {
            return Ok(content);
        }
        let received = content.len() as u64;
        if received > limit {
            let url = url.to_owned();
            return Err(DownloadError::TooLarge { url, limit });
        }
        progress(received, total);
    }
}

fn failed(url: &str, error: ureq::Error) -> DownloadError {
    let url = url.to_owned();
    match error {
        ureq::Error::StatusCode(404) => DownloadError::NoBuild { url },
        ureq::Error::StatusCode(status) => DownloadError::Refused { url, status },
        error => DownloadError::Unreachable {
            url,
            cause: error.into(),
        },
    }
}

/// A client with the system's certificate authorities and the usual proxy variables.
fn agent(url: &str) -> Agent {
    let crypto = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .unversioned_rustls_crypto_provider(crypto)
        .build();
    let mut config = Agent::config_builder()
        .tls_config(tls)
        .timeout_connect(Some(CONNECT))
        .timeout_resolve(Some(CONNECT))
        .timeout_per_read(Some(READ))
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) {
        config = config.proxy(None);
    }
    config.build().into()
}

/// Whether a URL is this machine's, which no proxy reaches.
fn is_loopback(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    ["127.", "localhost:", "localhost/", "[::1]"]
        .iter()
        .any(|host| rest.starts_with(host))
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_this_machine_is_reached_without_a_proxy() {
        for url in [
            "http://127.0.0.1:8000/x",
            "http://localhost/x",
            "http://localhost:1/x",
            "http://[::1]:1/x",
        ] {
            assert!(is_loopback(url), "{url}");
        }
        for url in [
            "https://example.org/127.0.0.1",
            "http://localhost.example.org/",
            "http://10.0.0.1/",
        ] {
            assert!(!is_loopback(url), "{url}");
        }
    }
}
