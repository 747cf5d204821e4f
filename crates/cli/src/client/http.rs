//! HTTP requests, by ureq.
//!
//! ureq blocks, so each request has a thread of its own, which does not keep the process from ending: Ctrl-C works at
//! once, however slow the service is.

use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;
use ureq::http::{self, HeaderMap, StatusCode, header};
use ureq::tls::TlsConfig;
use ureq::{Agent, AsSendBody};
use url::Url;

use super::failure::Failure;
use super::{ClientTls, Request};

/// Time limit for making a connection.
const CONNECT: Duration = Duration::from_secs(10);

/// Size limit of an answer, in bytes: a page of 500 tenants with all the metadata that they may have.
const LARGEST_ANSWER: u64 = 64 << 20;

/// An answer of any kind.
pub(super) struct Response {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Sends requests, with a token if it has one. Follows no redirect and uses no proxy: the token is for the named service alone.
#[derive(Clone)]
pub(super) struct Http {
    agent: Agent,
    token: Option<SecretString>,
}

impl Http {
    pub(super) fn new(token: Option<SecretString>, timeout: Duration, tls: ClientTls) -> Self {
        let crypto = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .root_certs(tls.authorities)
            .client_cert(tls.certificate)
            .unversioned_rustls_crypto_provider(crypto)
            .build();
        // Shorter than the time limit for the whole answer: a connection that was never made is reported as such.
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

    /// Sends the request, and once more if the connection broke and a repetition does no harm.
    pub(super) async fn send(&self, url: Url, request: &Request) -> Result<Response, Failure> {
        let (client, request) = (self.clone(), request.clone());
        let (sender, receiver) = oneshot::channel();
        thread::Builder::new().name("request".to_owned()).spawn(move || {
            let mut answer = client.exchange(&url, &request).map_err(Failure::from);
            if let Err(first) = &answer
                && first.is_broken_connection()
                && request.may_be_repeated()
            {
                let again = client.exchange(&url, &request).map_err(Failure::from);
                // The first may have arrived, whatever became of the second.
                answer = again.map_err(|failure| Failure {
                    sent: true,
                    ..failure
                });
            }
            // The receiver is gone when the command was interrupted.
            let _ = sender.send(answer);
        })?;
        receiver.await.map_err(|_| Failure::panicked())?
    }

    fn exchange(&self, url: &Url, request: &Request) -> Result<Response, ureq::Error> {
        let mut builder = http::Request::builder()
            .method(request.method.clone())
            .uri(url.as_str())
            .header(header::ACCEPT, "application/json");
        if let Some(token) = &self.token {
            builder = builder.header(header::AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
        }
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
        let body = body.with_config().limit(LARGEST_ANSWER).read_to_vec()?;
        Ok(Response {
            status: head.status,
            headers: head.headers,
            body,
        })
    }
}

/// No thread could be started.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self {
            error: error.into(),
            sent: false,
        }
    }
}

impl Failure {
    /// The thread ended without an answer.
    fn panicked() -> Self {
        Self {
            error: io::Error::from(ErrorKind::Other).into(),
            sent: true,
        }
    }
}
