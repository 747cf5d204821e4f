//! The client's address behind trusted proxies, over real sockets.

use web::{StackSettings, listen::Limits, middleware::TrustedProxies};

use crate::support::{Server, client, log::access_line, settings};

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
