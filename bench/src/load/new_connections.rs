//! A client that opens a connection for each request, plain or over TLS.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::Context as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, HandshakeKind, RootCertStore};

use super::Client;

/// Answered with 404 before a tenant is looked for.
const REQUEST: &[u8] = b"GET /nothing HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
const ANSWER: &[u8] = b"HTTP/1.1 404 ";

/// Opens a connection, sends one request, and reads its answer until the server closes.
pub(crate) struct NewConnections {
    address: SocketAddr,
    tls: Option<TlsConnector>,
    resumed: Arc<AtomicU64>,
}

impl NewConnections {
    /// By plain HTTP.
    pub(crate) fn plain(address: SocketAddr) -> Self {
        Self {
            address,
            tls: None,
            resumed: Arc::default(),
        }
    }

    /// Over TLS with a server of this certificate for `localhost`. With `sessions` each connection but the first resumes
    /// the session of the one before, and is counted there if the server agrees; without, each is a full handshake.
    ///
    /// # Errors
    /// When the certificate cannot be used.
    pub(crate) fn over_tls(
        address: SocketAddr,
        certificate: &CertificateDer<'static>,
        sessions: Option<&Arc<AtomicU64>>,
    ) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone())?;
        let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .context("no versions of TLS")?
            .with_root_certificates(roots)
            .with_no_client_auth();
        if sessions.is_none() {
            config.resumption = Resumption::disabled();
        }
        Ok(Self {
            address,
            tls: Some(Arc::new(config).into()),
            resumed: sessions.cloned().unwrap_or_default(),
        })
    }

    async fn exchange(&self) -> io::Result<()> {
        let tcp = TcpStream::connect(self.address).await?;
        tcp.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return exchange(tcp).await;
        };
        let host = ServerName::try_from("localhost").map_err(io::Error::other)?;
        let stream = tls.connect(host, tcp).await?;
        if stream.get_ref().1.handshake_kind() == Some(HandshakeKind::Resumed) {
            self.resumed.fetch_add(1, Ordering::Relaxed);
        }
        exchange(stream).await
    }
}

impl Client for NewConnections {
    async fn ask(&mut self) -> Result<(), String> {
        self.exchange().await.map_err(|error| error.to_string())
    }
}

async fn exchange(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
    stream.write_all(REQUEST).await?;
    let mut answer = Vec::with_capacity(1024);
    stream.read_to_end(&mut answer).await?;
    if answer.starts_with(ANSWER) {
        return Ok(());
    }
    let first = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    let first = String::from_utf8_lossy(first);
    Err(io::Error::other(format!("unexpected answer: {first}")))
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn each_request_has_a_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = NewConnections::plain(listener.local_addr().unwrap());
        let serving = async {
            for answer in ["HTTP/1.1 404 Not Found\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = vec![0; REQUEST.len()];
                stream.read_exact(&mut request).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        };
        let asking = async { (client.ask().await, client.ask().await) };
        let ((), (first, second)) = tokio::join!(serving, asking);
        assert_eq!(first, Ok(()));
        assert_eq!(second, Err("unexpected answer: HTTP/1.1 200 OK".to_owned()));
    }
}
