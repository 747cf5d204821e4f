//! Time limits for incomplete heads, bodies and reads.

use std::time::Duration;

use tokio::{
    io::AsyncWriteExt as _,
    time::{Instant, interval},
};
use web::listen::Limits;

use crate::support::{
    SHORT, SOON, Server,
    raw::{Raw, get},
    server, settings,
};

fn first_request_short() -> Server {
    Server::start(
        Limits {
            first_request: SHORT,
            ..Limits::default()
        },
        settings(),
    )
}

async fn assert_cut(server: &Server, sent: &[u8]) {
    let mut peer = Raw::connect(server.addr).await;
    let began = Instant::now();
    peer.send(sent).await;
    let (_, got) = peer.closed().await;
    assert!(!got.contains("HTTP/1"), "{got}");
    assert!(
        began.elapsed() >= SHORT / 2,
        "not by the limit: {:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_silent_connection_is_cut() {
    assert_cut(&first_request_short(), b"").await;
}

#[tokio::test]
async fn half_a_head_is_cut() {
    assert_cut(&first_request_short(), b"GET /hello HTTP/1.1\r\nhost: x\r\n").await;
}

#[tokio::test]
async fn half_a_preface_of_http2_is_cut() {
    assert_cut(&first_request_short(), b"PRI * HTTP/2.0\r\n").await;
}

#[tokio::test]
async fn a_whole_preface_without_a_request_is_cut() {
    // The preface and empty SETTINGS (RFC 9113, section 3.4).
    assert_cut(
        &first_request_short(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    )
    .await;
}

#[tokio::test]
async fn a_head_that_trickles_in_is_cut() {
    let server = first_request_short();
    let mut peer = Raw::connect(server.addr).await;
    let began = Instant::now();
    let mut pace = interval(Duration::from_millis(50));
    // At this pace the head would take 50 s.
    for _ in 0..1000 {
        pace.tick().await;
        if peer.0.try_write(b"x").is_err() {
            break;
        }
    }
    peer.closed().await;
    assert!(began.elapsed() < SOON);
}

#[tokio::test]
async fn an_idle_connection_is_closed_cleanly() {
    let server = Server::start(
        Limits {
            idle: SHORT,
            ..Limits::default()
        },
        settings(),
    );
    let mut peer = Raw::connect(server.addr).await;
    for _ in 0..3 {
        peer.send(get("/hello")).await;
        assert!(peer.response().await.contains(r#"{"hello":"world"}"#));
    }
    let (waited, got) = peer.closed().await;
    assert!(waited >= SHORT / 2, "{waited:?}");
    assert_eq!(got, "");
}

#[tokio::test]
async fn half_a_second_head_is_cut_though_idling_may_last() {
    let server = Server::start(
        Limits {
            header: SHORT,
            ..Limits::default()
        },
        settings(),
    );
    let mut peer = Raw::connect(server.addr).await;
    peer.send(get("/hello")).await;
    peer.response().await;
    tokio::time::sleep(2 * SHORT).await;
    peer.send("GET /hello HTT").await;
    let (waited, got) = peer.closed().await;
    assert!(
        waited >= SHORT / 2,
        "idle for longer than a head may take was allowed: {waited:?}"
    );
    assert_eq!(got, "");
}

#[tokio::test]
async fn work_is_not_idling() {
    let limits = Limits {
        first_request: SHORT,
        header: SHORT,
        idle: SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    let mut peer = Raw::connect(server.addr).await;
    for _ in 0..2 {
        peer.send(get("/nap")).await;
        assert!(peer.response().await.ends_with("rested"));
    }
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_cut() {
    // More than the kernel's buffers hold; with one place, the next is served once the first is gone.
    let limits = Limits {
        connections: 1,
        stall: SHORT,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    let mut deaf = Raw::connect(server.addr).await;
    deaf.send(get("/big")).await;
    let mut next = Raw::connect(server.addr).await;
    next.send(get("/hello")).await;
    assert!(next.response().await.contains("world"));
}

#[tokio::test]
async fn an_exchange_is_bounded_as_a_whole() {
    let server = Server::start(
        Limits {
            exchange: SHORT,
            ..Limits::default()
        },
        settings(),
    );
    let mut peer = Raw::connect(server.addr).await;
    peer.send(get("/wait")).await;
    let (_, got) = peer.closed().await;
    assert_eq!(got, "");
    crate::support::until("the handler is dropped", || server.gate.left() == 1).await;
}

#[tokio::test]
async fn too_large_a_head_is_refused() {
    let server = server();
    let mut peer = Raw::connect(server.addr).await;
    let fields = "x: 1\r\n".repeat(101);
    peer.send(format!("GET /hello HTTP/1.1\r\n{fields}\r\n")).await;
    assert!(peer.closed().await.1.starts_with("HTTP/1.1 431 "));

    // As with bodies: who sends all of it first must still find the answer.
    let mut peer = Raw::connect(server.addr).await;
    peer.send("GET /hello HTTP/1.1\r\nx: ").await;
    peer.0
        .write_all(&vec![b'x'; 4 << 20])
        .await
        .expect("the server takes it all");
    assert!(peer.response().await.starts_with("HTTP/1.1 431 "));
}
