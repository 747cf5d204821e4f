//! Peers that drip bodies, at the limit of connections.

use std::time::Duration;

use tokio::{
    task::JoinSet,
    time::{Instant, interval, sleep},
};
use web::listen::Limits;

use crate::support::{
    Server, log,
    raw::{Raw, get},
    settings,
};

const PLACES: usize = 40;
const DRIPS: usize = 50;
const HEAD: &str = "POST /bytes HTTP/1.1\r\nhost: x\r\ncontent-length: 40000\r\n\r\n";

/// Begins requests with a body of a byte in a tenth of a second, and another when one is closed.
async fn drip(addr: std::net::SocketAddr) {
    loop {
        let mut peer = Raw::connect(addr).await;
        peer.send(HEAD).await;
        let mut pace = interval(Duration::from_millis(100));
        while peer.0.try_write(b"x").is_ok() {
            pace.tick().await;
        }
    }
}

#[tokio::test]
async fn dripped_bodies_give_way_to_others_and_steady_ones_do_not() {
    let limits = Limits {
        connections: PLACES,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    let mut steady = Raw::connect(server.addr).await;
    steady.send(HEAD).await;
    let mut drips = JoinSet::new();
    for _ in 0..DRIPS {
        drips.spawn(drip(server.addr));
    }
    // 10 kB a second, for four seconds.
    let upload = tokio::spawn(async move {
        let mut pace = interval(Duration::from_millis(100));
        for _ in 0..40 {
            pace.tick().await;
            steady.send([b'x'; 1000]).await;
        }
        steady.response().await
    });
    sleep(Duration::from_secs(1)).await;
    for number in 0..5 {
        let began = Instant::now();
        let mut good = Raw::connect(server.addr).await;
        good.send(get("/hello")).await;
        assert!(good.response().await.contains("world"), "{number}");
        // A pause in a body may last for five seconds, a body for twenty.
        let waited = began.elapsed();
        assert!(waited < Duration::from_secs(1), "{number} waited {waited:?}");
    }
    assert!(upload.await.unwrap().ends_with("\r\n\r\n40000"));
    assert!(log::count("connection rejected") > 0);
}

#[tokio::test]
async fn a_slow_body_keeps_its_place_while_no_other_needs_it() {
    let limits = Limits {
        connections: 2,
        ..Limits::default()
    };
    let server = Server::start(limits, settings());
    let mut slow = Raw::connect(server.addr).await;
    slow.send("POST /bytes HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n")
        .await;
    sleep(2 * Limits::default().body_grace).await;
    let mut other = Raw::connect(server.addr).await;
    other.send(get("/hello")).await;
    assert!(other.response().await.contains("world"));
    slow.send("xx").await;
    assert!(slow.response().await.ends_with("\r\n\r\n2"));
}
