//! Key sets by URL: rotation, unknown keys, and a URL that is away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jwt_verifier::{Algorithm, Clock as _, KeySetSource, Refusal, Rejection};
use serde_json::json;
use tokio::time::sleep;

use crate::clock::NOW;
use crate::server::{KeyServer, answer};
use crate::test_key::{TestKey, claims, jwks};
use crate::verifiers::{Fixture, settings};

/// Long enough for no scheduled fetch to come between.
const RARELY: Duration = Duration::from_hours(1);
const OFTEN: Duration = Duration::from_millis(20);

fn of_server(server: &KeyServer, refresh: Duration) -> Fixture {
    let mut settings = settings();
    settings.jwks_url = Some(server.url());
    settings.refresh = refresh;
    Fixture::of(vec![settings]).unwrap()
}

/// Polls for at most ten seconds.
async fn eventually(what: &str, condition: impl AsyncFn() -> bool) {
    let started = Instant::now();
    while !condition().await {
        assert!(started.elapsed() < Duration::from_secs(10), "{what}");
        sleep(Duration::from_millis(5)).await;
    }
}

/// A token that comes before the first fetch has ended waits for it.
#[tokio::test]
async fn the_first_token_waits_for_the_keys() {
    let key = TestKey::ed("1");
    let server = KeyServer::handling({
        let document = answer(200, "", jwks(&[&key]));
        move |stream| {
            std::thread::park_timeout(Duration::from_millis(200));
            document(stream);
        }
    });
    let fixture = of_server(&server, RARELY);
    assert_eq!(fixture.verifier.key_sets()[0].keys, None);
    assert!(fixture.verify(&key.token(&claims())).await.is_ok());
    assert_eq!(server.requests(), 1);
    let status = fixture.verifier.key_sets().remove(0);
    assert_eq!((status.keys, status.failure), (Some(1), None));
    assert_eq!(status.source, KeySetSource::Url(server.url()));
    assert_eq!(status.fetched_at, Some(Duration::from_secs(NOW)));
}

#[tokio::test]
async fn rotation() {
    let (old, new) = (TestKey::ed("old"), TestKey::ed("new"));
    let server = KeyServer::serving(jwks(&[&old]));
    let fixture = of_server(&server, RARELY);
    let old_token = old.token(&claims());
    assert!(fixture.verify(&old_token).await.is_ok());

    // Both, then the new one alone: the first token with an unknown key has the set fetched.
    server.serve(jwks(&[&old, &new]));
    assert!(fixture.verify(&new.token(&claims())).await.is_ok());
    assert!(fixture.verify(&old_token).await.is_ok());
    assert_eq!(server.requests(), 2);
}

/// With the next fetch, also where its tokens are remembered.
#[tokio::test]
async fn a_removed_key_stops() {
    let (old, new) = (TestKey::ed("old"), TestKey::ed("new"));
    let server = KeyServer::serving(jwks(&[&old, &new]));
    let fixture = of_server(&server, OFTEN);
    let (old_token, new_token) = (old.token(&claims()), new.token(&claims()));
    assert!(fixture.verify(&old_token).await.is_ok());

    server.serve(jwks(&[&new]));
    eventually("the key is removed", async || {
        fixture.verify(&old_token).await.is_err()
    })
    .await;
    fixture.refused(&old_token, Refusal::UnknownKey).await;
    assert!(fixture.verify(&new_token).await.is_ok());

    server.serve(json!({ "keys": [] }));
    eventually("all keys are removed", async || {
        fixture.verify(&new_token).await.is_err()
    })
    .await;
    fixture.refused(&new_token, Refusal::UnknownKey).await;
}

/// The same id with another key.
#[tokio::test]
async fn a_replaced_key_stops() {
    let (old, new) = (TestKey::ed("1"), TestKey::ed("1"));
    let server = KeyServer::serving(jwks(&[&old]));
    let fixture = of_server(&server, OFTEN);
    let old_token = old.token(&claims());
    assert!(fixture.verify(&old_token).await.is_ok());
    server.serve(jwks(&[&new]));
    eventually("the key is replaced", async || {
        fixture.verify(&old_token).await.is_err()
    })
    .await;
    fixture.refused(&old_token, Refusal::Signature).await;
    assert!(fixture.verify(&new.token(&claims())).await.is_ok());
}

#[tokio::test]
async fn a_storm_of_unknown_keys_costs_one_fetch_per_cool_down() {
    let key = TestKey::ed("1");
    let server = KeyServer::serving(jwks(&[&key]));
    let fixture = Arc::new(of_server(&server, RARELY));
    assert!(fixture.verify(&key.token(&claims())).await.is_ok());
    assert_eq!(server.requests(), 1);

    for round in 0..3 {
        let storm: Vec<_> = (0..200)
            .map(|number| {
                let header = json!({ "alg": "EdDSA", "kid": format!("unknown-{round}-{number}") });
                let (fixture, token) = (Arc::clone(&fixture), key.token_with(&header, &claims()));
                tokio::spawn(async move { fixture.refused(&token, Refusal::UnknownKey).await })
            })
            .collect();
        for task in storm {
            task.await.unwrap();
        }
        assert_eq!(server.requests(), 2 + round);
        // Until the cool-down has passed there is no other.
        fixture.clock.advance(Duration::from_secs(29));
        fixture
            .refused(&TestKey::ed("x").token(&claims()), Refusal::UnknownKey)
            .await;
        assert_eq!(server.requests(), 2 + round);
        assert!(fixture.verify(&key.token(&claims())).await.is_ok());
        fixture.clock.advance(Duration::from_secs(1));
    }
}

/// What is refused in any case costs no fetch.
#[tokio::test]
async fn other_refusals_cost_no_fetch() {
    let key = TestKey::ed("1");
    let server = KeyServer::serving(jwks(&[&key]));
    let mut settings = settings();
    settings.jwks_url = Some(server.url());
    settings.algorithms = vec![Algorithm::EdDsa];
    let fixture = Fixture::of(vec![settings]).unwrap();
    assert!(fixture.verify(&key.token(&claims())).await.is_ok());
    let mut elsewhere = claims();
    elsewhere["iss"] = "https://other.example.com".into();
    for (token, refusal) in [
        (TestKey::ec("2").token(&claims()), Refusal::Algorithm),
        (TestKey::ed("2").token(&elsewhere), Refusal::Issuer),
        (TestKey::ed("1").token(&claims()), Refusal::Signature),
        ("a.b.c".to_owned(), Refusal::Malformed),
    ] {
        fixture.refused(&token, refusal).await;
    }
    assert_eq!(server.requests(), 1);
}

/// All that wait for the new key get it by the one fetch.
#[tokio::test]
async fn waiting_tokens_share_a_fetch() {
    let (old, new) = (TestKey::ed("old"), TestKey::ed("new"));
    let server = KeyServer::serving(jwks(&[&old]));
    let fixture = Arc::new(of_server(&server, RARELY));
    assert!(fixture.verify(&old.token(&claims())).await.is_ok());
    let document = answer(200, "", jwks(&[&new]));
    server.handle(move |stream| {
        std::thread::park_timeout(Duration::from_millis(200));
        document(stream);
    });
    let waiting: Vec<_> = (0..100)
        .map(|_| {
            let (fixture, token) = (Arc::clone(&fixture), new.token(&claims()));
            tokio::spawn(async move { fixture.verify(&token).await.is_ok() })
        })
        .collect();
    for task in waiting {
        assert!(task.await.unwrap());
    }
    assert_eq!(server.requests(), 2);
}

/// Known keys serve without a wait while a fetch for an unknown one hangs; the unknown one waits two seconds.
#[tokio::test]
async fn a_slow_url_delays_unknown_keys_only() {
    let key = TestKey::ed("1");
    let server = KeyServer::serving(jwks(&[&key]));
    let fixture = Arc::new(of_server(&server, RARELY));
    assert!(fixture.verify(&key.token(&claims())).await.is_ok());
    server.handle(|_| std::thread::park_timeout(Duration::from_secs(10)));
    let started = Instant::now();
    let unknown = {
        let fixture = Arc::clone(&fixture);
        tokio::spawn(async move {
            fixture
                .refused(&TestKey::ed("x").token(&claims()), Refusal::UnknownKey)
                .await;
        })
    };
    eventually("the fetch hangs", async || {
        server.requests() == 2 || started.elapsed().as_secs() > 1
    })
    .await;
    let known = Instant::now();
    assert!(fixture.verify(&key.token(&claims())).await.is_ok());
    assert!(known.elapsed() < Duration::from_millis(500));
    unknown.await.unwrap();
    let waited = started.elapsed();
    assert!(
        (Duration::from_secs(2)..Duration::from_secs(4)).contains(&waited),
        "{waited:?}"
    );
}

#[tokio::test]
async fn stale_keys_serve_while_the_url_is_away() {
    let key = TestKey::ed("1");
    let server = KeyServer::serving(jwks(&[&key]));
    let fixture = of_server(&server, OFTEN);
    let fresh = |fixture: &Fixture| {
        let mut claims = claims();
        claims["exp"] = (fixture.clock.unix_time().as_secs() + 60).into();
        key.token(&claims)
    };
    assert!(fixture.verify(&fresh(&fixture)).await.is_ok());
    server.handle(answer(503, "", ""));
    let failed = async || fixture.verifier.key_sets()[0].failure.is_some();
    eventually("the URL is away", failed).await;
    fixture.clock.advance(Duration::from_hours(23));
    assert!(fixture.verify(&fresh(&fixture)).await.is_ok());
    let status = fixture.verifier.key_sets().remove(0);
    assert_eq!(
        (status.keys, status.age),
        (Some(1), Some(Duration::from_hours(23)))
    );
    assert_eq!(status.max_stale, Some(Duration::from_hours(24)));
    assert_eq!(status.fetched_at, Some(Duration::from_secs(NOW)));
    assert!(status.failure.unwrap().contains("503"));

    fixture.clock.advance(Duration::from_secs(3601));
    let token = fresh(&fixture);
    assert_eq!(fixture.verify(&token).await, Err(Rejection::KeysUnavailable));
    assert_eq!(fixture.verifier.key_sets()[0].keys, None);

    // Back again.
    server.serve(jwks(&[&key]));
    eventually("the URL is back", async || fixture.verify(&token).await.is_ok()).await;
}

#[tokio::test]
async fn without_any_keys_a_token_is_not_refused() {
    let key = TestKey::ed("1");
    let server = KeyServer::handling(answer(500, "", ""));
    let fixture = of_server(&server, OFTEN);
    assert_eq!(
        fixture.verify(&key.token(&claims())).await,
        Err(Rejection::KeysUnavailable)
    );
    // What is wrong in itself is refused.
    fixture.refused("x", Refusal::Malformed).await;
    server.serve(jwks(&[&key]));
    eventually("keys are fetched", async || {
        fixture.verify(&key.token(&claims())).await.is_ok()
    })
    .await;
}

/// `max-age` shortens the time between fetches, down to the cool-down.
#[tokio::test]
async fn max_age() {
    let key = TestKey::ed("1");
    let document = jwks(&[&key]);
    let server = KeyServer::handling(answer(200, "cache-control: public, max-age=0\r\n", &document));
    let mut settings = settings();
    settings.jwks_url = Some(server.url());
    settings.cool_down = OFTEN;
    let fixture = Fixture::of(vec![settings]).unwrap();
    eventually("it is fetched again", async || server.requests() >= 3).await;

    server.handle(answer(200, "cache-control: max-age=86400\r\n", &document));
    drop(fixture);
    let before = server.requests();
    let fixture = of_server(&server, OFTEN);
    eventually("it does not lengthen it", async || {
        server.requests() >= before + 3
    })
    .await;
    drop(fixture);
}

#[tokio::test]
async fn dropping_the_verifier_ends_the_fetches() {
    let server = KeyServer::serving(jwks(&[]));
    let fixture = of_server(&server, OFTEN);
    eventually("it is fetched", async || server.requests() >= 2).await;
    drop(fixture);
    // One may be under way.
    sleep(Duration::from_millis(100)).await;
    let requests = server.requests();
    sleep(Duration::from_millis(200)).await;
    assert_eq!(server.requests(), requests);
}
