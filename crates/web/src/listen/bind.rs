//! Binding of a port.

use std::{io, net::SocketAddr, sync::Arc};

use ipnet::IpNet;
use tokio::net::{TcpListener, TcpSocket};

use super::Tls;

/// Connections that the kernel keeps until they are accepted; less if `somaxconn` is less.
const BACKLOG: u32 = 1024;

/// A bound port. Connections wait in the kernel until it is [served](super::serve).
#[derive(Debug)]
pub struct Listener {
    pub(super) tcp: TcpListener,
    address: SocketAddr,
    pub(super) plane: &'static str,
    pub(super) name: Option<&'static str>,
    pub(super) tls: Option<Tls>,
    pub(super) proxies: Option<Arc<[IpNet]>>,
}

/// A port could not be bound.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}")]
pub struct BindError {
    /// The address that was asked for.
    pub address: SocketAddr,
    /// The cause: most often [`io::ErrorKind::AddrInUse`].
    #[source]
    pub source: io::Error,
}

impl Listener {
    /// Binds `address`; port 0 is any free one. Must be called within a Tokio runtime.
    pub fn bind(address: SocketAddr) -> Result<Self, BindError> {
        let listen = || {
            let socket = if address.is_ipv4() {
                TcpSocket::new_v4()
            } else {
                TcpSocket::new_v6()
            }?;
            // On Unix a restarted server can bind its port while old connections are in TIME_WAIT. On Windows two
            // could listen.
            #[cfg(unix)]
            socket.set_reuseaddr(true)?;
            socket.bind(address)?;
            let tcp = socket.listen(BACKLOG)?;
            let address = tcp.local_addr()?;
            Ok(Self {
                tcp,
                address,
                plane: "",
                name: None,
                tls: None,
                proxies: None,
            })
        };
        listen().map_err(|source| BindError { address, source })
    }

    /// Names the plane in the log.
    #[must_use]
    pub fn of_plane(mut self, plane: &'static str) -> Self {
        self.plane = plane;
        self
    }

    /// Names the listener in the log, where its plane has several.
    #[must_use]
    pub fn named(mut self, name: Option<&'static str>) -> Self {
        self.name = name;
        self
    }

    /// Speaks TLS, and nothing else.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Has each connection from these networks begin with a header of the PROXY protocol, version 2.
    #[must_use]
    pub fn with_proxy_protocol(mut self, proxies: impl IntoIterator<Item = IpNet>) -> Self {
        self.proxies = Some(proxies.into_iter().collect());
        self
    }

    /// The address with the bound port.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }
}
