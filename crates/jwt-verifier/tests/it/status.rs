//! The state of issuers' keys, for operators.

use std::time::Duration;

use jwt_verifier::{IssuerSettings, KeySetSource, Rejection};
use serde_json::json;

use crate::clock::NOW;
use crate::server::{KeyServer, answer};
use crate::test_key::{TestKey, claims_with, jwks};
use crate::verifiers::{Fixture, private_file, settings};

/// By name; of a URL without its query, which may hold a secret.
#[tokio::test]
async fn each_issuer_has_a_status() {
    let (_folder, path) = private_file(jwks(&[&TestKey::ed("1"), &TestKey::ec("2")]).to_string());
    let of_file = IssuerSettings {
        issuer: "a".to_owned(),
        keys_file: Some(path.clone()),
        ..settings()
    };
    let server = KeyServer::handling(answer(500, "", "secret"));
    let of_url = IssuerSettings {
        issuer: "b".to_owned(),
        jwks_url: Some(format!("{}?api_key=secret", server.url())),
        ..settings()
    };
    let fixture = Fixture::of(vec![of_url, of_file]).unwrap();
    let claims = claims_with(&json!({ "iss": "b" }));
    // Waits for the first fetch.
    let outcome = fixture.verify(&TestKey::ed("1").token(&claims)).await;
    assert_eq!(outcome, Err(Rejection::KeysUnavailable));
    fixture.clock.advance(Duration::from_secs(5));

    let [file, url] = fixture.verifier.key_sets().try_into().unwrap();
    let now = Duration::from_secs(NOW);
    assert_eq!(
        (file.issuer.as_str(), file.source),
        ("a", KeySetSource::File(path))
    );
    assert_eq!((file.keys, file.fetched_at), (Some(2), Some(now)));
    assert_eq!((file.age, file.max_stale), (Some(Duration::from_secs(5)), None));
    assert_eq!(url.source, KeySetSource::Url(server.url()));
    assert_eq!((url.keys, url.fetched_at, url.age), (None, None, None));
    let failure = url.failure.unwrap();
    assert!(
        failure.contains("500") && !failure.contains("secret"),
        "{failure}"
    );
}
