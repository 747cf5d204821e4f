//! PROXY protocol, version 2: the client's address, which a proxy sends at the begin of a connection
//! (<https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt>, section 2.2).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use tokio::io::{AsyncRead, AsyncReadExt as _};

const SIGNATURE: [u8; 12] = *b"\r\n\r\n\0\r\nQUIT\n";
/// Version 2, and whether the proxy speaks for itself or for a client.
const LOCAL: u8 = 0x20;
const PROXY: u8 = 0x21;
const TCP_OVER_IPV4: u8 = 0x11;
const TCP_OVER_IPV6: u8 = 0x21;

/// Addresses and extensions; a longer header is taken for nonsense.
const LONGEST: u16 = 4096;

/// No header, or one that cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoHeader {
    /// The connection failed or ended.
    #[error("the connection ended within the header of the PROXY protocol")]
    Failed(#[from] io::Error),
    /// Something else came.
    #[error("no header of the PROXY protocol, version 2, from a trusted proxy")]
    Malformed,
}

/// Reads the header and nothing behind it. `None` where the proxy speaks for itself, or the client has no address of IP.
pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<IpAddr>, NoHeader> {
    let mut start = [0; 16];
    stream.read_exact(&mut start).await?;
    let [signature @ .., command, family, high, low] = start;
    let length = u16::from_be_bytes([high, low]);
    if signature != SIGNATURE || length > LONGEST {
        return Err(NoHeader::Malformed);
    }
    let mut rest = vec![0; length.into()];
    stream.read_exact(&mut rest).await?;
    match (command, family) {
        (PROXY, TCP_OVER_IPV4) => source::<4>(&rest, 12).map(|ip| Some(Ipv4Addr::from(ip).into())),
        (PROXY, TCP_OVER_IPV6) => {
            source::<16>(&rest, 36).map(|ip| Some(IpAddr::V6(Ipv6Addr::from(ip)).to_canonical()))
        }
        (LOCAL | PROXY, _) => Ok(None),
        _ => Err(NoHeader::Malformed),
    }
}

/// The source's address, which comes first, if the addresses and ports of both sides are there.
fn source<const N: usize>(rest: &[u8], both_sides: usize) -> Result<[u8; N], NoHeader> {
    let whole = rest.get(..both_sides).and_then(|rest| rest.first_chunk());
    whole.copied().ok_or(NoHeader::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn client(command: u8, family: u8, rest: &[u8]) -> Result<Option<String>, NoHeader> {
        let length = u16::try_from(rest.len()).unwrap().to_be_bytes();
        let bytes = [&SIGNATURE[..], &[command, family], &length, rest, b"GET"].concat();
        let mut stream = &bytes[..];
        let client = read(&mut stream).await?;
        assert_eq!(stream, b"GET", "what is behind it stays");
        Ok(client.map(|client| client.to_string()))
    }

    #[tokio::test]
    async fn the_source_is_the_client() {
        let ipv4 = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0, 80];
        let got = client(PROXY, TCP_OVER_IPV4, &ipv4).await.unwrap();
        assert_eq!(got.as_deref(), Some("192.0.2.7"));
        let extended = [&ipv4[..], &[4, 0, 1, 0]].concat();
        let got = client(PROXY, TCP_OVER_IPV4, &extended).await.unwrap();
        assert_eq!(got.as_deref(), Some("192.0.2.7"));
        let mut ipv6 = [0; 36];
        ipv6[..16].copy_from_slice(&"2001:db8::7".parse::<Ipv6Addr>().unwrap().octets());
        let got = client(PROXY, TCP_OVER_IPV6, &ipv6).await.unwrap();
        assert_eq!(got.as_deref(), Some("2001:db8::7"));
    }

    #[tokio::test]
    async fn a_proxy_may_speak_for_itself() {
        assert_eq!(client(LOCAL, 0, &[]).await.unwrap(), None);
        assert_eq!(client(LOCAL, TCP_OVER_IPV4, &[1; 12]).await.unwrap(), None);
        assert_eq!(client(PROXY, 0, &[]).await.unwrap(), None);
    }

    #[tokio::test]
    async fn anything_else_is_refused() {
        for (command, family, rest) in [
            (PROXY, TCP_OVER_IPV4, &[0; 11][..]),
            (PROXY, TCP_OVER_IPV6, &[0; 12]),
            (0x22, TCP_OVER_IPV4, &[0; 12]),
            (0x11, TCP_OVER_IPV4, &[0; 12]),
            (LOCAL, 0, &[0; LONGEST as usize + 1]),
        ] {
            let got = client(command, family, rest).await;
            assert!(matches!(got, Err(NoHeader::Malformed)), "{got:?}");
        }
        let mut http = &b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"[..];
        assert!(matches!(read(&mut http).await, Err(NoHeader::Malformed)));
        let mut version_1 = &b"PROXY TCP4 192.0.2.7 10.0.0.1 4711 80\r\n"[..];
        assert!(matches!(read(&mut version_1).await, Err(NoHeader::Malformed)));
        let mut cut = &SIGNATURE[..];
        assert!(matches!(read(&mut cut).await, Err(NoHeader::Failed(_))));
    }
}
