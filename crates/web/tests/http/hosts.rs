//! Hosts that a plane answers for, and pages of other sites.

use tokio::net::TcpStream;
use web::{StackSettings, listen::Limits, middleware::AllowedHosts};

use crate::support::{Server, log::access_line, raw::Raw, settings};

fn server() -> Server {
    Server::start(
        Limits::default(),
        StackSettings {
            allowed_hosts: AllowedHosts::new(["localhost", "*.example.org"]),
            same_site_below: Some("/us"),
            ..settings()
        },
    )
}

async fn answer(server: &Server, head: &str) -> String {
    let mut peer = Raw::connect(server.addr).await;
    peer.send(format!("{head}\r\n\r\n")).await;
    peer.response().await
}

#[tokio::test]
async fn a_foreign_host_is_refused_before_the_route_is_looked_for() {
    let server = server();
    for path in ["/hello", "/nowhere", "/wait"] {
        let head = format!("GET {path} HTTP/1.1\r\nhost: evil.example:80\r\nx-request-id: hosts-foreign");
        let answer = answer(&server, &head).await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
        assert!(answer.contains("\"code\":\"HOST_NOT_ALLOWED\""), "{answer}");
    }
    assert_eq!(server.gate.entered(), 0);
    for host in ["LocalHost:1", "api.example.org.", &server.addr.to_string()] {
        let answer = answer(&server, &format!("GET /hello HTTP/1.1\r\nhost: {host}")).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{host}: {answer}");
    }
    // The target of a proxy names another, and is not asked.
    let answer = answer(
        &server,
        "GET http://localhost/hello HTTP/1.1\r\nhost: evil.example",
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
    let answer = self::answer(&server, "GET /hello HTTP/1.0").await;
    assert!(answer.contains(" 421 "), "{answer}");
}

#[tokio::test]
async fn http2_names_an_allowed_host_as_well() {
    let server = server();
    let tcp = TcpStream::connect(server.addr).await.unwrap();
    let (mut requests, connection) = h2::client::handshake(tcp).await.unwrap();
    tokio::spawn(connection);
    for (uri, status) in [
        ("http://localhost/hello", 200),
        ("http://a.example.org:8080/hello", 200),
        ("http://evil.example/hello", 421),
        ("http://127.0.0.2/hello", 421),
    ] {
        let request = http::Request::get(uri).body(()).unwrap();
        let (answer, _) = requests.send_request(request, true).unwrap();
        assert_eq!(answer.await.unwrap().status(), status, "{uri}");
    }
}

#[tokio::test]
async fn pages_of_other_sites_are_refused_where_they_are() {
    let server = server();
    let fetch = async |request: &str, metadata: &str| {
        let head = format!("{request} HTTP/1.1\r\nhost: localhost\r\n{metadata}");
        answer(&server, &format!("{head}x-request-id: hosts-page")).await
    };
    let cross = "sec-fetch-site: cross-site\r\nsec-fetch-mode: no-cors\r\nsec-fetch-dest: image\r\n";
    let refused = fetch("GET /users", cross).await;
    assert!(refused.starts_with("HTTP/1.1 403 "), "{refused}");
    assert!(refused.contains("\"code\":\"CROSS_SITE\""), "{refused}");
    assert!(fetch("GET /hello", cross).await.starts_with("HTTP/1.1 200 "));
    let link = "sec-fetch-site: cross-site\r\nsec-fetch-mode: navigate\r\nsec-fetch-dest: document\r\n";
    assert!(fetch("GET /users", link).await.starts_with("HTTP/1.1 200 "));
    assert!(fetch("DELETE /users", link).await.starts_with("HTTP/1.1 403 "));
    assert!(fetch("GET /users", "").await.starts_with("HTTP/1.1 200 "));
}

#[tokio::test]
async fn a_refusal_has_an_access_line() {
    let server = server();
    let head = "GET /hello HTTP/1.1\r\nhost: evil.example\r\nx-request-id: hosts-line";
    answer(&server, head).await;
    assert_eq!(access_line("hosts-line").await["code"], "HOST_NOT_ALLOWED");
}
