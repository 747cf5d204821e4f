//! Heads that name no host, or frame a body in a way that two readers could take for different ones.

use http::{HeaderMap, Request, Uri};
use tokio::net::TcpStream;

use crate::support::{log, raw::Raw, server, until};

async fn answer(request: &str) -> String {
    let server = server();
    let mut peer = Raw::connect(server.addr).await;
    peer.send(request).await;
    peer.response().await
}

#[track_caller]
fn assert_malformed(answer: &str, detail: &str) {
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(answer.contains("\"code\":\"MALFORMED\""), "{answer}");
    assert!(answer.contains(detail), "{answer}");
}

#[tokio::test]
async fn http1_names_one_host() {
    for (hosts, detail) in [
        ("", "names no host"),
        ("host: a\r\nhost: a\r\n", "duplicate Host header"),
        ("host:\r\n", "not a name or address"),
        ("host: a b/c@d\r\n", "not a name or address"),
    ] {
        assert_malformed(
            &answer(&format!("GET /hello HTTP/1.1\r\n{hosts}\r\n")).await,
            detail,
        );
    }
    let target = "GET http://elsewhere/hello HTTP/1.1\r\n";
    assert_malformed(&answer(&format!("{target}\r\n")).await, "names no host");
    for allowed in [
        &format!("{target}host: x\r\n\r\n"),
        "GET /hello HTTP/1.1\r\nhost: [::1]:80\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n",
    ] {
        assert!(answer(allowed).await.contains("world"), "{allowed}");
    }
    assert!(
        answer("GET /hello HTTP/1.0\r\nhost: a b\r\n\r\n")
            .await
            .contains(" 400 ")
    );
}

#[tokio::test]
async fn http2_names_one_host() {
    let server = server();
    let tcp = TcpStream::connect(server.addr).await.unwrap();
    let (mut requests, connection) = h2::client::handshake(tcp).await.unwrap();
    tokio::spawn(connection);
    for (uri, hosts, status) in [
        ("http://a/hello", &[][..], 200),
        ("http://a/hello", &["A"], 200),
        ("/hello", &["a:80"], 200),
        ("/hello", &[], 400),
        ("http://a/hello", &["b"], 400),
        ("http://a/hello", &["a", "a"], 400),
        ("http://u:p@a/hello", &[], 400),
        ("/hello", &["a b"], 400),
    ] {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append("host", host.parse().unwrap());
        }
        // As a proxy forwards HTTP/1.1, whose target may have no authority.
        let mut request = Request::new(());
        *request.uri_mut() = uri.parse::<Uri>().unwrap();
        *request.headers_mut() = headers;
        let (answer, _) = requests.send_request(request, true).unwrap();
        assert_eq!(answer.await.unwrap().status(), status, "{uri} {hosts:?}");
    }
}

#[tokio::test]
async fn a_body_is_chunked_once_or_the_connection_ends() {
    let sent = async |codings: &str| {
        let server = server();
        let mut peer = Raw::connect(server.addr).await;
        let body = "c\r\n{\"name\":\"x\"}\r\n0\r\n\r\n";
        let next = "GET /hello HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
        let head = "POST /users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
        peer.send(format!("{head}{codings}\r\n{body}{next}")).await;
        peer.closed().await.1
    };
    for codings in [
        "transfer-encoding: gzip, chunked\r\n",
        "transfer-encoding: chunked, chunked\r\n",
        "transfer-encoding: ,chunked\r\n",
        "transfer-encoding: identity\r\ntransfer-encoding: chunked\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n",
    ] {
        let got = sent(codings).await;
        assert_malformed(&got, "Transfer-Encoding is not `chunked`");
        assert!(got.contains("connection: close"), "{codings}: {got}");
        assert_eq!(got.matches("HTTP/1.1 ").count(), 1, "{codings}: {got}");
    }
    let got = sent("transfer-encoding:\tChunked\r\n").await;
    assert!(
        got.starts_with("HTTP/1.1 201 ") && got.ends_with("{\"hello\":\"world\"}\n"),
        "{got}"
    );
    // A length beside chunks does not frame anything, and nothing behind them is read.
    for both in [
        "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
        "content-length: 3\r\ntransfer-encoding: chunked\r\n",
    ] {
        let got = sent(both).await;
        assert!(got.starts_with("HTTP/1.1 201 "), "{got}");
        assert_eq!(got.matches("HTTP/1.1 ").count(), 1, "{both}: {got}");
    }
}

/// hyper answers these by itself, without a body.
#[tokio::test]
async fn what_is_no_request_is_logged_with_peer_and_reason() {
    let server = server();
    let fields = "x-one: x\r\n".repeat(101);
    let long = "a".repeat(70_000);
    for (sent, status, reason) in [
        ("GET /hello\x01 HTTP/1.1\r\n\r\n".to_owned(), "400", "URI"),
        (
            "GET /hello HTTP/1.1\r\nho st: x\r\n\r\n".to_owned(),
            "400",
            "header",
        ),
        (
            format!("GET /hello HTTP/1.1\r\nhost: x\r\n{fields}\r\n"),
            "431",
            "too large",
        ),
        // Not the 414 of a request: the head as a whole is too large.
        (
            format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"),
            "431",
            "too large",
        ),
    ] {
        let before = log::count_with("connection rejected", "reason", reason);
        let mut peer = Raw::connect(server.addr).await;
        peer.send(&sent).await;
        let (_, answer) = peer.closed().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
        assert!(answer.ends_with("\r\n\r\n"), "{answer}");
        let logged = || log::count_with("connection rejected", "reason", reason) > before;
        until(reason, logged).await;
    }
    assert!(log::count_with("connection rejected", "peer", "127.0.0.1") > 0);
}
