//! Stopping: in-flight requests are answered, nothing new begins, and what is stuck is cut.

use std::time::Duration;

use tokio::{net::TcpStream, time::Instant};
use web::listen::{Drained, Limits};

use crate::support::{
    SHORT, SOON, Server, client,
    log::access_line,
    raw::{Raw, get},
    server, settings, until,
};

#[tokio::test]
async fn requests_in_flight_are_answered_and_new_connections_refused() {
    let server = server();
    let mut idle = Raw::connect(server.addr).await;
    idle.send(get("/hello")).await;
    idle.response().await;
    let mut busy = Raw::connect(server.addr).await;
    busy.send(get("/wait")).await;
    until("the handler has begun", || server.gate.entered() == 1).await;

    server.stop();
    idle.closed().await;
    let refused = TcpStream::connect(server.addr).await;
    assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::ConnectionRefused);

    server.gate.open();
    let (_, answer) = busy.closed().await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("through"),
        "{answer}"
    );
    assert_eq!(
        server.drained().await,
        Drained {
            closed: 2,
            aborted: 0
        }
    );
}

#[tokio::test]
async fn stuck_connections_are_aborted_at_the_deadline() {
    let server = Server::start_draining(Limits::default(), settings(), SHORT);
    let mut stuck = Raw::connect(server.addr).await;
    stuck
        .send("GET /wait HTTP/1.1\r\nhost: x\r\nx-request-id: drain-stuck\r\n\r\n")
        .await;
    until("the handler has begun", || server.gate.entered() == 1).await;
    let gate = server.gate.clone();
    server.stop();
    assert_eq!(
        server.drained().await,
        Drained {
            closed: 0,
            aborted: 1
        }
    );
    assert_eq!(stuck.closed().await.1, "");
    assert_eq!(gate.left(), 1);
    assert_eq!(access_line("drain-stuck").await["outcome"], "cancelled");
}

#[tokio::test]
async fn http2_drains_and_is_cut_alike() {
    let client = reqwest::Client::builder()
        .http2_prior_knowledge()
        .timeout(SOON)
        .build()
        .unwrap();
    let wait = |server: &Server| tokio::spawn(client.get(server.url("/wait")).send());

    let server = server();
    let request = wait(&server);
    until("the handler has begun", || server.gate.entered() == 1).await;
    server.stop();
    server.gate.open();
    assert_eq!(request.await.unwrap().unwrap().text().await.unwrap(), "through");
    assert_eq!(
        server.drained().await,
        Drained {
            closed: 1,
            aborted: 0
        }
    );

    let server = Server::start_draining(Limits::default(), settings(), SHORT);
    let request = wait(&server);
    until("the handler has begun", || server.gate.entered() == 1).await;
    let gate = server.gate.clone();
    server.stop();
    assert_eq!(
        server.drained().await,
        Drained {
            closed: 0,
            aborted: 1
        }
    );
    assert_eq!(
        gate.left(),
        1,
        "the stream's task has ended by the time that serve has"
    );
    assert!(request.await.unwrap().is_err());
}

#[tokio::test]
async fn silent_and_half_begun_connections_do_not_hold_it_up() {
    let server = Server::start(
        Limits {
            first_request: SHORT,
            ..Limits::default()
        },
        settings(),
    );
    let mut half = Raw::connect(server.addr).await;
    half.send("GET /hello HTTP/1.1\r\nho").await;
    let mut silent = Raw::connect(server.addr).await;
    // One is served, so the two before it have been accepted.
    assert_eq!(
        client().get(server.url("/hello")).send().await.unwrap().status(),
        200
    );
    server.stop();
    assert_eq!(server.drained().await.aborted, 0);
    half.closed().await;
    silent.closed().await;
}

/// Nothing is under way for them, so that they are closed at once and not by a limit.
#[tokio::test]
async fn half_begun_connections_are_closed_at_once() {
    let server = server();
    let (half, preface) = (
        "GET /hello HTTP/1.1\r\nho",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    );
    let mut peers = Vec::new();
    for (answered, sent) in [
        (false, ""),
        (false, half),
        (false, "PRI * HT"),
        (false, preface),
        (true, half),
    ] {
        let mut peer = Raw::connect(server.addr).await;
        if answered {
            peer.send(get("/hello")).await;
            peer.response().await;
        }
        peer.send(sent).await;
        peers.push(peer);
    }
    // One is served, so those before it have been accepted.
    assert_eq!(
        client().get(server.url("/hello")).send().await.unwrap().status(),
        200
    );
    let began = Instant::now();
    server.stop();
    let drained = server.drained().await;
    assert_eq!(drained.aborted, 0);
    for mut peer in peers {
        peer.closed().await;
    }
    // The shortest limit for any of them is 10 s.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn dropping_the_server_cuts_everything() {
    let server = server();
    let mut peer = Raw::connect(server.addr).await;
    peer.send(get("/wait")).await;
    until("the handler has begun", || server.gate.entered() == 1).await;
    let gate = server.gate.clone();
    drop(server);
    assert_eq!(peer.closed().await.1, "");
    until("the handler is dropped", || gate.left() == 1).await;
}
