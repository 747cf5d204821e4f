//! Attacks on the header.

use jwt_verifier::Refusal;
use serde_json::{Value, json};

use crate::test_key::{TestKey, claims};
use crate::verifiers::Fixture;

fn header_with(key: &TestKey, name: &str, value: Value) -> Value {
    let mut header = key.header();
    header[name] = value;
    header
}

#[tokio::test]
async fn refused_parameters() {
    let (key, forger) = (TestKey::ed("1"), TestKey::ed("1"));
    let fixture = Fixture::new(&[&key]);
    for (name, value) in [
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("crit", json!(null)),
        ("b64", json!(false)),
        ("b64", json!(true)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("jku", json!("https://attacker.example.com/keys")),
        ("x5u", json!("https://attacker.example.com/cert")),
        ("x5c", json!(["MIIB"])),
        ("jwk", forger.jwk()),
    ] {
        let header = header_with(&key, name, value);
        fixture
            .refused(&key.token_with(&header, &claims()), Refusal::Header)
            .await;
        fixture
            .refused(&forger.token_with(&header, &claims()), Refusal::Header)
            .await;
    }
}

#[tokio::test]
async fn harmless_parameters() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    for (name, value) in [
        ("x5t", json!("abc")),
        ("x5t#S256", json!("abc")),
        ("ver", json!(1)),
        ("nonce", json!("n")),
    ] {
        let header = header_with(&key, name, value);
        assert!(
            fixture.verify(&key.token_with(&header, &claims())).await.is_ok(),
            "{name}"
        );
    }
}

#[tokio::test]
async fn other_types() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    for typ in [
        json!("dpop+jwt"),
        json!("logout+jwt"),
        json!("JWE"),
        json!(""),
        json!(null),
        json!(1),
        json!("text/jwt"),
        json!("JWT "),
    ] {
        let header = header_with(&key, "typ", typ);
        fixture
            .refused(&key.token_with(&header, &claims()), Refusal::Type)
            .await;
    }
}

#[tokio::test]
async fn key_ids() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    for wrong in [json!(1), json!(null), json!(["1"])] {
        let header = header_with(&key, "kid", wrong);
        fixture
            .refused(&key.token_with(&header, &claims()), Refusal::Malformed)
            .await;
    }
    for unknown in ["2", "", "1 ", "../1", "1' OR '1'='1", "\u{0}"] {
        let header = header_with(&key, "kid", json!(unknown));
        fixture
            .refused(&key.token_with(&header, &claims()), Refusal::UnknownKey)
            .await;
    }
}
