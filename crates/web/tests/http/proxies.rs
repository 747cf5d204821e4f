//! The client's address behind trusted proxies, over real sockets.

use web::{
    StackSettings,
    listen::{Limits, Listener, Tls},
    middleware::TrustedProxies,
};

use crate::support::{
    SHORT, SOON, Server,
    certificates::Authority,
    client,
    log::{self, access_line},
    raw::Raw,
    settings, until,
};

async fn send(proxies: &str, headers: &[(&str, &str)], id: &str) -> String {
    let settings = StackSettings {
        trusted_proxies: TrustedProxies::new([proxies.parse().unwrap()]),
        ..settings()
    };
    let server = Server::start(Limits::default(), settings);
    let mut request = client().get(server.url("/client")).header("x-request-id", id);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn a_trusted_proxy_names_the_client_and_both_are_logged() {
    let headers = [("x-forwarded-for", "6.6.6.6, 192.0.2.7")];
    assert_eq!(send("127.0.0.0/8", &headers, "proxy-trusted").await, "192.0.2.7");
    let line = access_line("proxy-trusted").await;
    assert_eq!((&*line["peer"], &*line["client"]), ("127.0.0.1", "192.0.2.7"));
    // What is to be refused has no client.
    let headers = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=127.0.0.1")];
    assert_eq!(send("127.0.0.0/8", &headers, "proxy-disagrees").await, "unknown");
    assert_eq!(send("127.0.0.0/8", &[], "proxy-silent").await, "unknown");
    assert!(!access_line("proxy-silent").await.contains_key("client"));
}

#[tokio::test]
async fn any_other_peer_is_the_client() {
    let headers = [("x-forwarded-for", "192.0.2.7"), ("forwarded", "for=192.0.2.7")];
    assert_eq!(send("10.0.0.0/8", &headers, "proxy-foreign").await, "127.0.0.1");
    assert!(!access_line("proxy-foreign").await.contains_key("client"));
}

const REQUEST: &str = "GET /client HTTP/1.1\r\nhost: x\r\n";

/// A header of the PROXY protocol for a client of 192.0.2.7, or for the proxy itself.
fn header(command: u8) -> Vec<u8> {
    let start = b"\r\n\r\n\0\r\nQUIT\n";
    let addresses = [192, 0, 2, 7, 10, 0, 0, 1, 0x12, 0x67, 0, 80];
    [&start[..], &[command, 0x11, 0, 12], &addresses].concat()
}

/// A server in whose eyes these are proxies that speak the protocol.
fn proxied(proxies: &str, limits: Limits, set: impl FnOnce(Listener) -> Listener) -> Server {
    let proxies = [proxies.parse().unwrap()];
    let settings = StackSettings {
        trusted_proxies: TrustedProxies::new(proxies),
        ..settings()
    };
    Server::start_with(limits, settings, SOON, |listener| {
        set(listener.with_proxy_protocol(proxies))
    })
}

async fn answer(server: &Server, sent: &[u8]) -> String {
    let mut peer = Raw::connect(server.addr).await;
    peer.send(sent).await;
    peer.response().await
}

#[tokio::test]
async fn the_proxy_protocol_names_the_client() {
    let server = proxied("127.0.0.0/8", Limits::default(), |listener| listener);
    let request = format!("{REQUEST}x-request-id: proxy-protocol\r\nx-forwarded-for: 6.6.6.6\r\n\r\n");
    let got = answer(&server, &[header(0x21), request.into()].concat()).await;
    // Who is no proxy of ours does not say for whom he asks.
    assert!(got.ends_with("192.0.2.7"), "{got}");
    let line = access_line("proxy-protocol").await;
    assert_eq!((&*line["peer"], &*line["client"]), ("127.0.0.1", "192.0.2.7"));
    // The proxy for itself.
    let got = answer(&server, &[header(0x20), format!("{REQUEST}\r\n").into()].concat()).await;
    assert!(got.ends_with("unknown"), "{got}");
}

#[tokio::test]
async fn a_trusted_proxy_without_the_protocol_is_closed_and_others_need_none() {
    let server = proxied("127.0.0.0/8", Limits::default(), |listener| listener);
    let mut peer = Raw::connect(server.addr).await;
    peer.send(format!("{REQUEST}\r\n")).await;
    assert_eq!(peer.closed().await.1, "");
    let rejected = || log::count_with("connection rejected", "reason", "PROXY protocol") > 0;
    until("it is logged", rejected).await;

    let server = proxied("10.0.0.0/8", Limits::default(), |listener| listener);
    let got = answer(&server, format!("{REQUEST}\r\n").as_bytes()).await;
    assert!(got.ends_with("127.0.0.1"), "{got}");
    // Another peer's header is no HTTP.
    let mut peer = Raw::connect(server.addr).await;
    peer.send([header(0x21), format!("{REQUEST}\r\n").into()].concat())
        .await;
    let (_, got) = peer.closed().await;
    assert!(!got.contains("200"), "{got}");
}

#[tokio::test]
async fn half_a_header_is_cut() {
    let limits = Limits {
        first_request: SHORT,
        ..Limits::default()
    };
    let server = proxied("127.0.0.0/8", limits, |listener| listener);
    let mut peer = Raw::connect(server.addr).await;
    peer.send(&header(0x21)[..20]).await;
    assert_eq!(peer.closed().await.1, "");
}

#[tokio::test]
async fn tls_begins_behind_the_header() {
    let authority = Authority::new();
    let tls = Tls::new(authority.server(None));
    let server = proxied("127.0.0.0/8", Limits::default(), |listener| {
        listener.with_tls(tls)
    });
    let mut peer = Raw::connect(server.addr).await;
    peer.send(header(0x21)).await;
    let client = authority.client(&["h2"], None);
    let connected = client.connect("localhost".try_into().unwrap(), peer.0).await;
    assert_eq!(connected.unwrap().get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
}
