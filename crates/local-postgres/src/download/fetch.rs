//! Fetching a file over HTTP.

use std::error::Error;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use ureq::Agent;
use ureq::tls::{RootCerts, TlsConfig};

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(15);

/// How long the source may fall silent.
const SILENCE: Duration = Duration::from_secs(30);

/// Bytes between two reports of progress.
const CHUNK: usize = 64 * 1024;

/// Why a file could not be fetched.
#[derive(Debug)]
pub(super) enum Problem {
    Status(u16),
    TooLarge { limit: u64 },
    Transport(Box<dyn Error + Send + Sync>),
}

/// Fetches a file into memory. `progress` is told the bytes received, and those of the whole when known.
pub(super) fn get(
    url: &str,
    limit: u64,
    mut progress: impl FnMut(u64, Option<u64>),
) -> Result<Vec<u8>, Problem> {
    let mut response = agent(url).get(url).call().map_err(problem)?;
    let total = response.body().content_length();
    if total.is_some_and(|total| total > limit) {
        return Err(Problem::TooLarge { limit });
    }
    let mut reader = response.body_mut().with_config().limit(u64::MAX).reader();
    let mut content = Vec::new();
    loop {
        let before = content.len();
        reader
            .by_ref()
            .take(CHUNK as u64)
            .read_to_end(&mut content)
            .map_err(|error| Problem::Transport(error.into()))?;
        let received = content.len() as u64;
        if received > limit {
            return Err(Problem::TooLarge { limit });
        }
        if content.len() == before {
            return Ok(content);
        }
        progress(received, total);
    }
}

fn problem(error: ureq::Error) -> Problem {
    match error {
        ureq::Error::StatusCode(status) => Problem::Status(status),
        error => Problem::Transport(error.into()),
    }
}

/// A client that trusts whom the system trusts, and takes the usual proxy variables into account.
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
        .timeout_per_read(Some(SILENCE))
        .user_agent(concat!(env!("CARGO_PKG_NAME"), "/", env!("CARGO_PKG_VERSION")));
    if is_loopback(url) {
        config = config.proxy(None);
    }
    config.build().into()
}

/// No proxy leads back to this machine.
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
    fn only_this_machine_goes_past_a_proxy() {
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
