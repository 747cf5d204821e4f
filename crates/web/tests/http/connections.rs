//! Limits of connections, and the peer's address.

use std::time::Duration;

use tokio::{
    net::TcpStream,
    time::{Instant, timeout},
};
use web::listen::{Limits, Listener};

use crate::support::{
    Server, client, log,
    raw::{Raw, get},
    server, settings, until,
};

#[tokio::test]
async fn the_cap_holds_and_a_closed_connection_makes_room() {
    let server = with_places(2);
    let mut open = Vec::new();
    for _ in 0..2 {
        let mut peer = Raw::connect(server.addr).await;
        peer.send(get("/wait")).await;
        open.push(peer);
    }
    until("both are under way", || server.gate.entered() == 2).await;
    let mut waiting = Raw::connect(server.addr).await;
    waiting.send(get("/hello")).await;
    let early = timeout(Duration::from_millis(500), waiting.response()).await;
    assert!(early.is_err(), "served beyond the cap");
    open.pop();
    assert!(waiting.response().await.contains("world"));
    // The one that was there all the time is not disturbed.
    server.gate.open();
    assert!(open[0].response().await.ends_with("through"));
}

/// Whatever a peer can hold a place with while it asks for nothing.
#[tokio::test]
async fn a_new_connection_replaces_the_longest_idle_one() {
    let server = with_places(8);
    let mut working = Raw::connect(server.addr).await;
    working.send(get("/wait")).await;
    let mut sending = Raw::connect(server.addr).await;
    let head = "POST /bytes HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\n";
    sending.send(format!("{head}ab")).await;
    until("one is under way", || server.gate.entered() == 1).await;

    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let mut idle = Vec::new();
    for (answered, sent) in [
        (true, ""),
        (true, "GET /hello HT"),
        (false, ""),
        (false, "GET /hello HTTP/1.1\r\nhost: x\r\n"),
        (false, preface),
        (true, ""),
    ] {
        let mut peer = Raw::connect(server.addr).await;
        if answered {
            peer.send(get("/hello")).await;
            peer.response().await;
        }
        peer.send(sent).await;
        idle.push(peer);
    }
    let began = Instant::now();
    let mut asked = Vec::new();
    for number in 0..6 {
        let mut peer = Raw::connect(server.addr).await;
        peer.send(get("/hello")).await;
        assert!(peer.response().await.contains("world"), "{number}");
        asked.push(peer);
    }
    for mut peer in idle {
        peer.closed().await;
    }
    // The shortest limit for any of them is 10 s.
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());

    server.gate.open();
    assert!(working.response().await.ends_with("through"));
    sending.send("cd").await;
    assert!(sending.response().await.ends_with("\r\n\r\n4"));
    // As many as there are places: none is evicted before another has come.
    for mut peer in asked {
        peer.send(get("/hello")).await;
        assert!(peer.response().await.contains("world"));
    }
}

#[tokio::test]
async fn an_answer_that_is_still_being_read_keeps_its_place() {
    let server = with_places(1);
    let mut slow = Raw::connect(server.addr).await;
    slow.send(get("/big")).await;
    let mut waiting = Raw::connect(server.addr).await;
    waiting.send(get("/hello")).await;
    let early = timeout(Duration::from_millis(500), waiting.response()).await;
    assert!(early.is_err(), "served beyond the cap");
    assert_eq!(slow.response().await.len() >> 20, 64);
    assert!(waiting.response().await.contains("world"));
}

fn with_places(connections: usize) -> Server {
    let limits = Limits {
        connections,
        ..Limits::default()
    };
    Server::start(limits, settings())
}

#[tokio::test]
async fn handlers_know_the_peer() {
    let server = server();
    let peer = client()
        .get(server.url("/peer"))
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(peer, "127.0.0.1");
}

#[tokio::test]
async fn a_dual_stack_listener_shows_ipv4_peers_as_such() {
    use axum::{Extension, Router, routing::get};
    use tokio_util::sync::CancellationToken;
    use web::Peer;

    let Ok(listener) = Listener::bind("[::]:0".parse().unwrap()) else {
        return;
    };
    let port = listener.local_addr().port();
    let show = async |Extension(peer): Extension<Peer>| peer.ip().to_string();
    let router = Router::new().route("/", get(show));
    let served = tokio::spawn(web::serve(
        listener,
        router,
        Limits::default(),
        CancellationToken::new(),
        Duration::ZERO,
    ));
    // Some machines have IPv6 sockets for IPv6 alone.
    if let Ok(response) = client().get(format!("http://127.0.0.1:{port}/")).send().await {
        assert_eq!(response.text().await.unwrap(), "127.0.0.1");
    }
    served.abort();
}

#[tokio::test]
async fn a_taken_port_is_an_error_that_names_it() {
    let server = server();
    let error = Listener::bind(server.addr).unwrap_err();
    assert_eq!(error.to_string(), format!("cannot listen on {}", server.addr));
    assert_eq!(error.source.kind(), std::io::ErrorKind::AddrInUse);
}

/// In a process of its own, as it takes all descriptors that the process may have.
#[cfg(unix)]
#[test]
fn out_of_descriptors_it_waits_and_recovers() {
    let script = r#"ulimit -n 64 && exec "$0" --exact connections::with_few_descriptors --ignored"#;
    let child = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(std::env::current_exe().unwrap())
        .output();
    let child = child.unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
#[ignore = "out_of_descriptors_it_waits_and_recovers runs it in a process of its own"]
async fn with_few_descriptors() {
    if !std::env::args().any(|argument| argument == "connections::with_few_descriptors") {
        return; // All ignored tests were asked for, in a process that has many.
    }
    let server = server();
    let mut peers = Vec::new();
    while let Ok(peer) = TcpStream::connect(server.addr).await {
        let mut peer = Raw(peer);
        peer.send(get("/wait")).await;
        peers.push(peer);
        let entered = peers.len() / 2;
        until("half are under way", || server.gate.entered() >= entered).await;
        assert!(peers.len() < 10_000, "there is no end to the descriptors");
    }
    let mut files = Vec::new();
    while let Ok(file) = std::fs::File::open("/dev/null") {
        files.push(file);
    }
    // One descriptor is left, which the client takes: there is none to accept its connection with.
    if files.pop().is_none() {
        peers.pop();
    }
    let mut late = Raw::connect(server.addr).await;
    let began = Instant::now();
    late.send(get("/hello")).await;
    let before = log::count(FAILED);
    // No connection is idle, so that it can only wait.
    until("it fails to accept, twice", || log::count(FAILED) >= before + 2).await;
    let (failed, most) = (log::count(FAILED) - before, began.elapsed().as_millis() / 100);
    assert!(
        failed as u128 <= most.max(2),
        "{failed} failures in {:?}",
        began.elapsed()
    );

    // With the answers they are idle, and are asked to go. No file and no client has been given up.
    server.gate.open();
    assert!(late.response().await.contains("world"));
    drop((peers, files));
}

/// What the log says when a connection cannot be accepted.
const FAILED: &str = "cannot accept connections, will retry";
