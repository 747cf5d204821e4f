//! TLS configuration of a listener, which can be replaced while it serves.

use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::{TlsAcceptor, rustls::ServerConfig};

/// ALPN, in the order of preference.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];

/// The TLS configuration of a listener. Clones share it: after [`replace`](Self::replace) new connections use the new
/// configuration, and those that are open go on with theirs.
#[derive(Clone, Debug)]
pub struct Tls(Arc<RwLock<Arc<ServerConfig>>>);

impl Tls {
    /// This configuration. HTTP/2 and HTTP/1.1 are offered by ALPN, whatever it offers.
    pub fn new(config: ServerConfig) -> Self {
        Self(Arc::new(RwLock::new(offering_http(config))))
    }

    /// Has new connections use this configuration. No session of the former one is resumed.
    pub fn replace(&self, config: ServerConfig) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = offering_http(config);
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let config = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&config).into()
    }
}

fn offering_http(mut config: ServerConfig) -> Arc<ServerConfig> {
    config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).to_vec();
    Arc::new(config)
}
