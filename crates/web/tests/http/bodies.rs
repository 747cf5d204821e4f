//! Bodies that are too long, too slow, or not what they should be.

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::{sleep, timeout},
};
use web::{StackSettings, listen::Limits};

use crate::support::{SHORT, SOON, Server, client, problem, raw::Raw, server, settings};

const HUGE: usize = 8 << 20;

fn head(fields: &str) -> String {
    format!("POST /users HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n{fields}\r\n\r\n")
}

fn assert_code(response: &str, status: u16, code: &str) {
    assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{response}");
    assert!(
        response.contains("content-type: application/problem+json"),
        "{response}"
    );
    assert!(response.contains(&format!("\"code\":\"{code}\"")), "{response}");
}

#[tokio::test]
async fn a_body_is_read() {
    let server = server();
    let response = client()
        .post(server.url("/users"))
        .json(&json!({"name": "Ada"}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(
        response.text().await.unwrap(),
        "{\"confirmed\":null,\"name\":\"Ada\"}\n"
    );
}

#[tokio::test]
async fn a_body_announced_as_huge_is_refused_unread() {
    let server = server();
    let mut peer = Raw::connect(server.addr).await;
    peer.send(head(&format!("content-length: {HUGE}"))).await;
    assert_code(&peer.response().await, 413, "BODY_TOO_LARGE");
}

#[tokio::test]
async fn a_client_that_sends_everything_before_reading_gets_the_response() {
    let server = server();
    let mut peer = Raw::connect(server.addr).await;
    peer.send(head(&format!("content-length: {HUGE}"))).await;
    // Were the connection closed with the answer, the kernel would reset it: many clients give up then, and
    // some lose what they have received.
    peer.0
        .write_all(&vec![b' '; HUGE])
        .await
        .expect("the server takes it all");
    assert_code(&peer.response().await, 413, "BODY_TOO_LARGE");
}

#[tokio::test]
async fn a_huge_body_in_chunks_is_refused_while_it_is_read() {
    let server = server();
    let mut peer = Raw::connect(server.addr).await;
    peer.send(head("transfer-encoding: chunked")).await;
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..HUGE / 0x10000 {
        peer.send(&chunk).await;
    }
    let (_, got) = peer.closed().await;
    assert_code(&got, 413, "BODY_TOO_LARGE");
}

#[tokio::test]
async fn the_limit_is_to_the_byte() {
    let server = Server::start(
        Limits::default(),
        StackSettings {
            body_limit: 20,
            ..settings()
        },
    );
    for (name, status) in [("123456789", 201), ("1234567890", 413)] {
        let body = format!("{{\"name\":\"{name}\"}}");
        let length = body.len();
        for framing in [
            format!("content-length: {length}"),
            "transfer-encoding: chunked".to_owned(),
        ] {
            let sent = if framing.contains("chunked") {
                format!("{length:x}\r\n{body}\r\n0\r\n\r\n")
            } else {
                body.clone()
            };
            let mut peer = Raw::connect(server.addr).await;
            peer.send(head(&framing) + &sent).await;
            let response = peer.response().await;
            assert!(
                response.starts_with(&format!("HTTP/1.1 {status} ")),
                "{framing}: {response}"
            );
        }
    }
}

#[tokio::test]
async fn broken_chunks_are_told_from_a_body_that_ends_early() {
    let server = server();
    for (sent, detail) in [
        ("xyz\r\n", "the body's chunked encoding is invalid"),
        ("2\r\n{}}\r\n", "the body's chunked encoding is invalid"),
        ("2;\n{}\r\n", "the body's chunked encoding is invalid"),
        ("ffffffffffffffff0\r\n", "the body's chunked encoding is invalid"),
        (
            "2\r\n{}\r\n0\r\nx: 1\r\r\n",
            "the body's chunked encoding is invalid",
        ),
        ("5\r\n{}", "the body ends before its announced end"),
    ] {
        let mut peer = Raw::connect(server.addr).await;
        peer.send(head("transfer-encoding: chunked") + sent).await;
        peer.0.shutdown().await.unwrap();
        let got = peer.closed().await.1;
        assert_code(&got, 400, "MALFORMED");
        assert!(got.contains(detail), "{sent:?}: {got}");
    }
}

#[tokio::test]
async fn a_body_that_pauses_is_a_timeout() {
    let server = Server::start(
        Limits::default(),
        StackSettings {
            body_pause: SHORT,
            ..settings()
        },
    );
    let mut peer = Raw::connect(server.addr).await;
    peer.send(head("content-length: 100") + "{\"name\":").await;
    assert_code(&peer.response().await, 408, "REQUEST_TIMEOUT");
}

#[tokio::test]
async fn a_body_that_trickles_is_a_timeout_too() {
    let server = Server::start(
        Limits::default(),
        StackSettings {
            body_whole: SHORT,
            ..settings()
        },
    );
    let (mut read, mut write) = Raw::connect(server.addr).await.0.into_split();
    let trickle = async {
        write.write_all(head("content-length: 10000").as_bytes()).await?;
        loop {
            write.write_all(b" ").await?;
            sleep(SHORT / 10).await;
        }
    };
    let mut got = vec![0; 4096];
    let answer = async {
        tokio::select! {
            count = read.read(&mut got) => count,
            sent = trickle => sent,
        }
    };
    let count = timeout(SOON, answer).await.expect("an answer in time").unwrap();
    assert_code(&String::from_utf8_lossy(&got[..count]), 408, "REQUEST_TIMEOUT");
}

#[tokio::test]
async fn anything_but_json_is_refused() {
    let server = server();
    let post = || client().post(server.url("/users")).body("{\"name\":\"Ada\"}");
    assert_eq!(problem(post().send().await.unwrap()).await["code"], "MEDIA_TYPE");
    let form = post().header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(problem(form.send().await.unwrap()).await["status"], 415);
    let patch = post().header("content-type", "application/merge-patch+json; charset=utf-8");
    assert_eq!(patch.send().await.unwrap().status(), 201);
}

#[tokio::test]
async fn bad_json_is_placed_and_wrong_fields_are_all_named() {
    let server = server();
    let post = |body: &'static str| {
        client()
            .post(server.url("/users"))
            .header("content-type", "application/json")
            .body(body)
            .send()
    };
    let malformed = problem(post("{\"name\": \"Ada\",}").await.unwrap()).await;
    assert_eq!(malformed["code"], "MALFORMED");
    assert_eq!(malformed["detail"], "the JSON is not valid: line 1, column 16");

    let wrong = problem(
        post("{\"name\": \"\", \"confirmed\": 1, \"admin\": true}")
            .await
            .unwrap(),
    )
    .await;
    assert_eq!(wrong["code"], "VALIDATION");
    let fields: Vec<_> = wrong["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["field"].as_str().unwrap())
        .collect();
    assert_eq!(fields, ["name", "confirmed", "admin"]);
}

#[tokio::test]
async fn the_body_of_a_refused_request_does_not_spoil_the_next_one() {
    let server = server();
    let mut peer = Raw::connect(server.addr).await;
    // Small enough that hyper reads it to its end and keeps the connection.
    peer.send("POST /hello HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nhello")
        .await;
    assert_code(&peer.response().await, 405, "METHOD_NOT_ALLOWED");
    peer.send(crate::support::raw::get("/hello")).await;
    assert!(peer.response().await.contains("world"));
}
