//! Requests over the wire.
//!
//! The client blocks, so each request has a thread of its own, which nobody waits for when the process ends: Ctrl-C is
//! heeded at once, however slow the service is.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;
use ureq::http::{self, HeaderMap, StatusCode, header};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::{Agent, AsSendBody, Timeout};

use super::Request;

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(10);

/// The longest answer, in bytes: a page of 500 tenants with all the metadata that they may have.
const LONGEST: u64 = 64 << 20;

/// What came over the wire.
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why nothing came.
#[derive(Debug)]
pub(super) struct Failure {
    error: ureq::Error,
    /// Whether the request may have reached the service.
    pub(super) sent: bool,
}

/// A client that trusts whom the system trusts. It follows no redirect and uses no proxy: the token is for the service
/// that was named, and for nobody between.
#[derive(Clone)]
pub(super) struct Http {
    agent: Agent,
    token: SecretString,
}

impl Http {
    pub(super) fn new(token: SecretString, timeout: Duration) -> Self {
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::PlatformVerifier)
            .unversioned_rustls_crypto_provider(crypto)
            .build();
        // Over before the time for the whole answer is, so that a connection that was never made is known as such.
        let connecting = CONNECT.min(timeout.mul_f32(0.75));
        let agent = Agent::config_builder()
            .tls_config(tls)
            .timeout_global(Some(timeout))
            .timeout_resolve(Some(connecting))
            .timeout_connect(Some(connecting))
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("tenantry/", env!("CARGO_PKG_VERSION")))
            .build()
            .into();
        Self { agent, token }
    }

    /// Sends it, and once more if the connection broke and that does no harm.
    pub(super) async fn send(&self, url: String, request: &Request) -> Result<Response, Failure> {
        let (client, request) = (self.clone(), request.clone());
        let (tell, told) = oneshot::channel();
        thread::Builder::new().name("request".to_owned()).spawn(move || {
            let mut answer = client.exchange(&url, &request).map_err(Failure::from);
            if let Err(first) = &answer
                && is_broken(&first.error)
                && request.may_be_repeated()
            {
                let again = client.exchange(&url, &request).map_err(Failure::from);
                // The first may have arrived, whatever became of the second.
                answer = again.map_err(|failure| Failure {
                    sent: true,
                    ..failure
                });
            }
            // Nobody waits any more when this fails.
            let _ = tell.send(answer);
        })?;
        told.await.map_err(|_| Failure::of_thread())?
    }

    fn exchange(&self, url: &str, request: &Request) -> Result<Response, ureq::Error> {
        let mut builder = http::Request::builder()
            .method(request.method.clone())
            .uri(url)
            .header(header::ACCEPT, "application/json")
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", self.token.expose_secret()),
            );
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        match &request.body {
            Some(body) => self.run(builder.body(body.as_str())?),
            None => self.run(builder.body(())?),
        }
    }

    fn run(&self, request: http::Request<impl AsSendBody>) -> Result<Response, ureq::Error> {
        let response = self.agent.run(request)?;
        let (head, mut body) = response.into_parts();
        let body = body.with_config().limit(LONGEST).read_to_vec()?;
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

/// Whether there was a connection and it broke.
fn is_broken(error: &ureq::Error) -> bool {
    let ureq::Error::Io(error) = error else {
        return false;
    };
    matches!(
        error.kind(),
        ErrorKind::BrokenPipe
            | ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::UnexpectedEof
    )
}

impl From<ureq::Error> for Failure {
    fn from(error: ureq::Error) -> Self {
        let sent = !is_before_the_request(&error);
        Self { error, sent }
    }
}

impl From<io::Error> for Failure {
    /// There is no thread to send it.
    fn from(error: io::Error) -> Self {
        Self {
            error: error.into(),
            sent: false,
        }
    }
}

impl Failure {
    /// The thread is gone and told nothing.
    fn of_thread() -> Self {
        Self {
            error: io::Error::other("the request was given up").into(),
            sent: true,
        }
    }

    /// Nobody listens there.
    pub(super) fn is_refused(&self) -> bool {
        !self.sent
            && matches!(&self.error, ureq::Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused)
    }

    /// For a person to read.
    pub(super) fn why(&self) -> String {
        match &self.error {
            ureq::Error::Timeout(_) => "it took too long (--request-timeout)".to_owned(),
            ureq::Error::HostNotFound => "there is no such host".to_owned(),
            ureq::Error::Io(error) => error.to_string(),
            error => web::error::in_one_line(error as &(dyn Error + 'static)),
        }
    }
}

/// Whether it failed for sure before anything of the request was sent. Of all else that is not known.
fn is_before_the_request(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => matches!(
            error.kind(),
            ErrorKind::ConnectionRefused
                | ErrorKind::HostUnreachable
                | ErrorKind::NetworkUnreachable
                | ErrorKind::NetworkDown
                | ErrorKind::AddrNotAvailable
        ),
        ureq::Error::Timeout(phase) => matches!(phase, Timeout::Resolve | Timeout::Connect),
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed | ureq::Error::BadUri(_) => true,
        _ => false,
    }
}
