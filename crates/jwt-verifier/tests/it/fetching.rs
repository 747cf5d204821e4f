//! Answers that are no key set.

use std::io::Write as _;
use std::time::{Duration, Instant};

use jwt_verifier::Rejection;
use serde_json::json;

use crate::server::{KeyServer, answer};
use crate::test_key::{TestKey, claims, jwks};
use crate::verifiers::{Fixture, settings};

/// Fetches from the server with a deadline of 500 ms, and returns why it failed.
async fn failure(server: &KeyServer) -> String {
    let mut settings = settings();
    settings.jwks_url = Some(server.url());
    settings.fetch_timeout = Duration::from_millis(500);
    let fixture = Fixture::of(vec![settings]).unwrap();
    let started = Instant::now();
    let outcome = fixture.verify(&TestKey::ed("1").token(&claims())).await;
    assert_eq!(outcome, Err(Rejection::KeysUnavailable));
    assert!(
        started.elapsed() < Duration::from_millis(1500),
        "{:?}",
        started.elapsed()
    );
    fixture.verifier.key_sets().remove(0).failure.unwrap()
}

#[tokio::test]
async fn slow_answers() {
    let drip = KeyServer::handling(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n{\"keys\":[");
        for _ in 0..100 {
            std::thread::park_timeout(Duration::from_millis(50));
            if stream.write_all(b" ").is_err() {
                break;
            }
        }
    });
    let slow_head = KeyServer::handling(|stream| {
        for byte in b"HTTP/1.1 200 OK\r\nx: y\r\n".iter().cycle().take(100) {
            std::thread::park_timeout(Duration::from_millis(50));
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
        }
    });
    let silent = KeyServer::handling(|_| std::thread::park_timeout(Duration::from_secs(3)));
    for server in [drip, slow_head, silent] {
        assert_eq!(
            failure(&server).await,
            "no answer within the deadline (fetch_timeout)"
        );
    }
}

#[tokio::test]
async fn huge_answers() {
    let key = TestKey::ed("1");
    let mut document = jwks(&[&key]);
    document["padding"] = "x".repeat(256 << 10).into();
    let sized = KeyServer::serving(&document);
    let endless = KeyServer::handling(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n");
        while stream.write_all(&[b' '; 4096]).is_ok() {}
    });
    for server in [sized, endless] {
        assert_eq!(failure(&server).await, "the answer is larger than 262144 bytes");
    }
    document["padding"] = "x".repeat(200 << 10).into();
    let server = KeyServer::serving(document);
    let mut settings = settings();
    settings.jwks_url = Some(server.url());
    let fixture = Fixture::of(vec![settings]).unwrap();
    assert!(fixture.verify(&key.token(&claims())).await.is_ok());
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = KeyServer::serving(jwks(&[&TestKey::ed("1")]));
    for status in [301, 302, 303, 307, 308] {
        let location = format!("location: {}\r\n", target.url());
        let server = KeyServer::handling(answer(status, &location, ""));
        let failure = failure(&server).await;
        assert!(
            failure.contains(&status.to_string()) && failure.contains("redirects"),
            "{failure}"
        );
    }
    assert_eq!(target.requests(), 0);
}

#[tokio::test]
async fn other_answers() {
    let keys = jwks(&[&TestKey::ed("1")]);
    for status in [201, 204, 206, 400, 404, 500, 503] {
        let server = KeyServer::handling(answer(status, "", &keys));
        assert!(failure(&server).await.contains(&status.to_string()));
    }
    for document in [
        String::new(),
        "<html>".to_owned(),
        "{}".to_owned(),
        json!({ "keys": {} }).to_string(),
        json!([keys]).to_string(),
        TestKey::ed("1").jwk().to_string(),
        format!("{keys}x"),
        keys.to_string().replacen('{', "{\"keys\":[],", 1),
        include_str!("fixtures/ed.pub.pem").to_owned(),
    ] {
        let server = KeyServer::serving(&document);
        let failure = failure(&server).await;
        assert!(
            failure.starts_with("the answer is no key set"),
            "{document}: {failure}"
        );
    }
    let server = KeyServer::handling(|stream| drop(stream.write_all(b"SSH-2.0-x\r\n\r\n")));
    failure(&server).await;
    let server = KeyServer::handling(|_| ());
    failure(&server).await;
}
