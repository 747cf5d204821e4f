//! The address of a connection's peer.

use std::net::{IpAddr, SocketAddr};

use tokio::net::TcpStream;

/// The peer's address, in the extensions of each request: that of the socket, whatever a header says. Beside it, the
/// address of ours that the peer has called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    address: SocketAddr,
    called: Option<IpAddr>,
    proxied: Option<IpAddr>,
}

impl Peer {
    /// An IPv4 address that a dual-stack socket shows as `::ffff:a.b.c.d` becomes `a.b.c.d`, so that a list
    /// of networks need not name it twice.
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address: SocketAddr::new(address.ip().to_canonical(), address.port()),
            called: None,
            proxied: None,
        }
    }

    /// The peer of this connection.
    pub(super) fn of(tcp: &TcpStream, address: SocketAddr) -> Self {
        let called = tcp.local_addr().ok().map(|address| address.ip().to_canonical());
        Self {
            called,
            ..Self::new(address)
        }
    }

    /// The client for which the peer has opened the connection, as it says by the PROXY protocol.
    pub(super) fn proxying(self, client: Option<IpAddr>) -> Self {
        Self {
            proxied: client,
            ..self
        }
    }

    pub(crate) fn proxied(&self) -> Option<IpAddr> {
        self.proxied
    }

    /// Address and port.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The address alone.
    pub fn ip(&self) -> IpAddr {
        self.address.ip()
    }

    /// The address of ours that the peer has called, if it is known.
    pub fn called(&self) -> Option<IpAddr> {
        self.called
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapped_address_is_the_ipv4_one() {
        let peer = Peer::new("[::ffff:10.1.2.3]:99".parse().unwrap());
        assert_eq!(peer.addr(), "10.1.2.3:99".parse().unwrap());
        assert_eq!(Peer::new("[::1]:99".parse().unwrap()).ip().to_string(), "::1");
    }
}
