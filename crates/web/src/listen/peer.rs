//! The address of a connection's peer.

use std::net::{IpAddr, SocketAddr};

/// The peer's address, in the extensions of each request: that of the socket, whatever a header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(SocketAddr);

impl Peer {
    /// An IPv4 address that a dual-stack socket shows as `::ffff:a.b.c.d` becomes `a.b.c.d`, so that a list
    /// of networks need not name it twice.
    pub fn new(address: SocketAddr) -> Self {
        Self(SocketAddr::new(address.ip().to_canonical(), address.port()))
    }

    /// Address and port.
    pub fn addr(&self) -> SocketAddr {
        self.0
    }

    /// The address alone.
    pub fn ip(&self) -> IpAddr {
        self.0.ip()
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
