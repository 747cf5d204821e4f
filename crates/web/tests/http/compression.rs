//! Which responses are compressed, and what their heads say of it.

use std::io::Read as _;

use flate2::read::GzDecoder;
use tokio::{io::AsyncReadExt as _, time::timeout};

use crate::support::{SOON, Server, raw::Raw, server};

/// A response as it is on the wire.
struct Sent {
    head: String,
    body: Vec<u8>,
}

impl Sent {
    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The text that is compressed.
    fn unpacked(&self) -> String {
        assert_eq!(self.header("content-encoding"), Some("gzip"), "{}", self.head);
        assert_eq!(self.header("vary"), Some("accept-encoding"), "{}", self.head);
        assert_eq!(self.header("transfer-encoding"), Some("chunked"), "{}", self.head);
        assert_eq!(self.header("content-length"), None, "{}", self.head);
        let mut text = String::new();
        GzDecoder::new(&*joined(&self.body))
            .read_to_string(&mut text)
            .unwrap();
        text
    }

    /// Asserts that a body of this length is there as it is.
    fn is_plain(&self, length: usize) {
        assert_eq!(self.header("content-encoding"), None, "{}", self.head);
        assert_eq!(
            self.header("content-length"),
            Some(&*length.to_string()),
            "{}",
            self.head
        );
        assert_eq!(self.body, b"x".repeat(length));
    }
}

/// The chunks of a body in one.
fn joined(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let length = std::str::from_utf8(&body[..end]).unwrap();
        let length = usize::from_str_radix(length, 16).unwrap();
        let chunk = &body[end + 2..];
        whole.extend(&chunk[..length]);
        body = &chunk[length + 2..];
        if length == 0 {
            assert!(body.is_empty());
            return whole;
        }
    }
}

async fn ask(server: &Server, method: &str, path: &str, accepted: Option<&str>) -> Sent {
    let accepted = accepted.map_or(String::new(), |codings| format!("accept-encoding: {codings}\r\n"));
    let request = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{accepted}\r\n");
    let mut raw = Raw::connect(server.addr).await;
    raw.send(request).await;
    let mut read = Vec::new();
    timeout(SOON, raw.0.read_to_end(&mut read))
        .await
        .expect("the peer closes in time")
        .unwrap();
    let end = read.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    Sent {
        head: String::from_utf8(read[..end].to_vec()).unwrap(),
        body: read[end + 4..].to_vec(),
    }
}

#[tokio::test]
async fn what_is_long_is_compressed_for_clients_that_ask_for_it() {
    let server = server();
    for accepted in [
        "gzip",
        "br, GZIP;q=0.5",
        "*",
        "identity;q=0.2, gzip;q=0.3",
        "gzip, identity;q=0",
    ] {
        let long = ask(&server, "GET", "/of/1024", Some(accepted)).await;
        assert_eq!(long.unpacked(), "x".repeat(1024), "{accepted}");
        assert!(long.body.len() < 100);
    }
    for accepted in [
        None,
        Some("identity"),
        Some("br, zstd"),
        Some("gzip;q=0"),
        Some("gzip;q=0.2, identity;q=0.3"),
        // Neither can be had: the header is disregarded.
        Some("identity;q=0"),
        Some("*;q=0"),
    ] {
        let plain = ask(&server, "GET", "/of/1024", accepted).await;
        assert!(
            plain.head.starts_with("HTTP/1.1 200"),
            "{accepted:?}: {}",
            plain.head
        );
        plain.is_plain(1024);
        // A cache must know that the answer depends on it.
        assert_eq!(plain.header("vary"), Some("accept-encoding"), "{accepted:?}");
    }
}

#[tokio::test]
async fn what_is_short_or_answers_a_change_is_left_alone() {
    let server = server();
    let short = ask(&server, "GET", "/of/1023", Some("gzip")).await;
    short.is_plain(1023);
    assert_eq!(short.header("vary"), None);
    ask(&server, "POST", "/of/5000", Some("gzip"))
        .await
        .is_plain(5000);

    let encoded = ask(&server, "GET", "/encoded", Some("gzip")).await;
    assert_eq!(encoded.header("content-encoding"), Some("br"));
    assert_eq!(encoded.body, b"x".repeat(2000));

    let missing = ask(&server, "GET", "/nothing", Some("gzip, identity;q=0")).await;
    assert!(missing.head.starts_with("HTTP/1.1 404"), "{}", missing.head);
    assert_eq!(missing.header("content-encoding"), None);
}

#[tokio::test]
async fn what_is_compressed_has_no_strong_tag() {
    let server = server();
    let tagged = ask(&server, "GET", "/tagged", Some("gzip")).await;
    tagged.is_plain(2000);
    assert_eq!(tagged.header("etag"), Some("\"4\""));
    let cached = ask(&server, "GET", "/cached", Some("gzip")).await;
    assert_eq!(cached.unpacked(), "x".repeat(2000));
    assert_eq!(cached.header("etag"), Some("W/\"4\""));
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let server = server();
    for (path, accepted) in [
        ("/of/1024", "gzip"),
        ("/of/1024", "identity"),
        ("/of/1023", "gzip"),
        ("/tagged", "gzip"),
        ("/cached", "gzip"),
        ("/encoded", "gzip"),
    ] {
        let [get, head] = [
            ask(&server, "GET", path, Some(accepted)).await,
            ask(&server, "HEAD", path, Some(accepted)).await,
        ];
        for name in [
            "content-encoding",
            "content-length",
            "vary",
            "etag",
            "content-type",
        ] {
            assert_eq!(head.header(name), get.header(name), "{path} {accepted}: {name}");
        }
        assert_eq!(head.body, b"", "{path} {accepted}");
    }
}
