//! Fetches of a key set, by ureq.
//!
//! ureq is in the service already, for the command line. It blocks, so each fetch has a thread of its own, which does
//! not keep the process from ending. There is one in ten minutes.

use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use private_files::Readers;
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use tokio::sync::oneshot;
use tokio::time::timeout;
use ureq::Agent;
use ureq::http::{StatusCode, header};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use url::Url;

use super::max_age::max_age;
use super::target;
use crate::keys::{KeySetError, MAX_DOCUMENT_BYTES};
use crate::settings::{IssuerSettings, SettingsError};

/// The largest file of authorities, in bytes: a whole system's has some 250 KiB.
const MAX_AUTHORITIES_BYTES: usize = 1 << 20;

/// An answer with status 200.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) body: Vec<u8>,
    pub(super) max_age: Option<Duration>,
}

/// Why there is no key set.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("no answer within the deadline (fetch_timeout)")]
    Late,
    #[error("the answer is larger than {MAX_DOCUMENT_BYTES} bytes")]
    TooLarge,
    #[error("the answer has status {0}; redirects are not followed")]
    Status(StatusCode),
    #[error("the answer is no key set: {0}")]
    NotKeys(#[from] KeySetError),
    #[error("{0}")]
    Http(#[source] ureq::Error),
    #[error("{0}")]
    Thread(#[from] io::Error),
}

#[derive(Debug)]
pub(super) struct Fetcher {
    agent: Agent,
    url: Url,
    deadline: Duration,
}

impl Fetcher {
    pub(super) fn new(settings: &IssuerSettings) -> Result<Self, SettingsError> {
        let text = settings.jwks_url.as_deref().unwrap_or_default();
        let url = target::parse(text).map_err(|why| SettingsError::Invalid {
            issuer: settings.issuer.clone(),
            key: "jwks_url",
            why,
        })?;
        let tls = TlsConfig::builder()
            .root_certs(authorities(settings)?)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(settings.fetch_timeout))
            .http_status_as_error(false)
            // A redirect could lead to any host.
            .max_redirects(0)
            .proxy(None)
            // The next fetch is minutes away.
            .max_idle_connections(0)
            .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Ok(Self {
            agent,
            url,
            deadline: settings.fetch_timeout,
        })
    }

    /// The URL as logs show it.
    pub(super) fn shown(&self) -> String {
        target::shown(&self.url)
    }

    pub(super) async fn fetch(&self) -> Result<Document, FetchError> {
        let (agent, url) = (self.agent.clone(), self.url.clone());
        let (sender, receiver) = oneshot::channel();
        thread::Builder::new().name("key-set".to_owned()).spawn(move || {
            // The receiver is gone when it was too late.
            let _ = sender.send(exchange(&agent, &url));
        })?;
        match timeout(self.deadline, receiver).await {
            Ok(Ok(outcome)) => outcome,
            // The thread panicked.
            Ok(Err(_)) => Err(io::Error::from(io::ErrorKind::Other).into()),
            Err(_) => Err(FetchError::Late),
        }
    }
}

fn exchange(agent: &Agent, url: &Url) -> Result<Document, FetchError> {
    let answer = agent
        .get(url.as_str())
        .header(header::ACCEPT, "application/jwk-set+json, application/json")
        .call()?;
    if answer.status() != StatusCode::OK {
        return Err(FetchError::Status(answer.status()));
    }
    let cache_control = answer.headers().get(header::CACHE_CONTROL);
    let max_age = cache_control.and_then(|value| max_age(value.to_str().ok()?));
    let mut body = answer.into_body();
    let body = body
        .with_config()
        .limit(MAX_DOCUMENT_BYTES as u64)
        .read_to_vec()?;
    Ok(Document { body, max_age })
}

impl From<ureq::Error> for FetchError {
    fn from(error: ureq::Error) -> Self {
        match error {
            ureq::Error::BodyExceedsLimit(_) => Self::TooLarge,
            ureq::Error::Timeout(_) => Self::Late,
            error => Self::Http(error),
        }
    }
}

fn authorities(settings: &IssuerSettings) -> Result<RootCerts, SettingsError> {
    let Some(path) = &settings.ca_file else {
        return Ok(RootCerts::PlatformVerifier);
    };
    let pem = private_files::read(path, Readers::Anyone, MAX_AUTHORITIES_BYTES).map_err(|source| {
        SettingsError::File {
            issuer: settings.issuer.clone(),
            key: "ca_file",
            source,
        }
    })?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    let certificates = certificates.unwrap_or_default();
    if certificates.is_empty() {
        return Err(SettingsError::Invalid {
            issuer: settings.issuer.clone(),
            key: "ca_file",
            why: format!("{} has no certificates in PEM", path.display()),
        });
    }
    let owned = certificates
        .iter()
        .map(|der| Certificate::from_der(der).to_owned());
    Ok(owned.collect::<Vec<_>>().into())
}
