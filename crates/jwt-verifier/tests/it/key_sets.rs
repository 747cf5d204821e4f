//! JWK Sets: which keys are used, and for which tokens.

use jwt_verifier::Refusal;
use serde_json::{Value, json};

use crate::test_key::{TestKey, claims, encoded};
use crate::verifiers::Fixture;

fn with_keys(keys: &[Value]) -> Fixture {
    Fixture::of_document(json!({ "keys": keys }).to_string(), |_| {}).unwrap()
}

#[tokio::test]
async fn what_a_key_is_for() {
    let key = TestKey::rsa("1");
    for used in [
        json!({ "use": "sig" }),
        json!({ "key_ops": ["verify"] }),
        json!({ "key_ops": ["sign", "verify"], "use": "sig" }),
        json!({ "alg": "RS256" }),
        json!({ "x5c": ["MIIB"], "x5t": "abc", "nbf": 1, "custom": { "a": [1.5] } }),
    ] {
        let fixture = with_keys(&[key.jwk_with(&used)]);
        assert!(fixture.verify(&key.token(&claims())).await.is_ok(), "{used}");
    }
    for unused in [
        json!({ "use": "enc" }),
        json!({ "use": "other" }),
        json!({ "use": 1 }),
        json!({ "key_ops": ["encrypt", "wrapKey"] }),
        json!({ "key_ops": [] }),
        json!({ "alg": "RS512" }),
        json!({ "alg": "PS256" }),
        json!({ "alg": "RSA-OAEP" }),
        json!({ "alg": "HS256" }),
        json!({ "alg": "ES256" }),
        json!({ "alg": 1 }),
        json!({ "d": "AQAB" }),
        json!({ "kty": "oct", "k": "AQAB" }),
        json!({ "kty": "EC" }),
        json!({ "kty": "rsa" }),
    ] {
        // The other key shows that the rest of the set is used.
        let other = TestKey::ed("other");
        let fixture = with_keys(&[key.jwk_with(&unused), other.jwk()]);
        fixture.refused(&key.token(&claims()), Refusal::UnknownKey).await;
        assert!(fixture.verify(&other.token(&claims())).await.is_ok(), "{unused}");
    }
}

#[tokio::test]
async fn names_of_ed25519() {
    let key = TestKey::ed("1");
    for name in ["EdDSA", "Ed25519"] {
        let fixture = with_keys(&[key.jwk_with(&json!({ "alg": name }))]);
        assert!(fixture.verify(&key.token(&claims())).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn keys_that_cannot_be_used() {
    let (good, rsa, ec) = (TestKey::ed("good"), TestKey::rsa("1"), TestKey::ec("1"));
    let n = rsa.jwk()["n"].as_str().unwrap().to_owned();
    let weak = [&[0; 128][..], &[0xc5; 128]].concat();
    for (key, members) in [
        (&rsa, json!({ "n": encoded([0xc5; 128]) })),
        (&rsa, json!({ "n": encoded(weak) })),
        (
            &rsa,
            json!({ "n": encoded([[0x7f].as_slice(), &[0xc5; 255]].concat()) }),
        ),
        (&rsa, json!({ "n": encoded([0xc5; 1025]) })),
        (&rsa, json!({ "n": "" })),
        (&rsa, json!({ "n": format!("{n}=") })),
        (&rsa, json!({ "n": 1 })),
        (&rsa, json!({ "e": encoded([1]) })),
        (&rsa, json!({ "e": encoded([2]) })),
        (&rsa, json!({ "e": "" })),
        (&ec, json!({ "crv": "P-384" })),
        (&ec, json!({ "crv": "secp256k1" })),
        (&ec, json!({ "x": encoded([1; 31]) })),
        (&ec, json!({ "y": encoded([1; 33]) })),
        (&ec, json!({ "y": null })),
        (&good, json!({ "crv": "X25519", "kid": "1" })),
        (&good, json!({ "crv": "Ed448", "kid": "1" })),
        (&good, json!({ "x": encoded([1; 57]), "kid": "1" })),
    ] {
        let fixture = with_keys(&[
            key.jwk_with(&members),
            json!(null),
            json!("x"),
            json!({}),
            good.jwk(),
        ]);
        let mut header = key.header();
        header["kid"] = "1".into();
        fixture
            .refused(&key.token_with(&header, &claims()), Refusal::UnknownKey)
            .await;
        assert!(fixture.verify(&good.token(&claims())).await.is_ok(), "{members}");
    }
    // A point that is not on the curve.
    let fixture = with_keys(&[ec.jwk_with(&json!({ "y": encoded([1; 32]) }))]);
    fixture.refused(&ec.token(&claims()), Refusal::Signature).await;
}

#[tokio::test]
async fn tokens_without_a_key_id() {
    let (one, two, other) = (TestKey::ed("1"), TestKey::ed("2"), TestKey::rsa("3"));
    let unnamed = |key: &TestKey| key.token_with(&json!({ "alg": key.algorithm() }), &claims());

    let fixture = with_keys(&[one.jwk(), other.jwk()]);
    assert!(fixture.verify(&unnamed(&one)).await.is_ok());
    assert!(fixture.verify(&unnamed(&other)).await.is_ok());
    fixture
        .refused(&unnamed(&TestKey::ec("4")), Refusal::UnknownKey)
        .await;

    let fixture = with_keys(&[one.jwk(), two.jwk(), other.jwk()]);
    fixture.refused(&unnamed(&one), Refusal::KeyIdMissing).await;
    assert!(fixture.verify(&unnamed(&other)).await.is_ok());
}

#[tokio::test]
async fn duplicated_key_ids() {
    // One id, another type each: the algorithm decides.
    let keys = [TestKey::rsa("1"), TestKey::ec("1"), TestKey::ed("1")];
    let fixture = Fixture::new(&keys.each_ref());
    for key in &keys {
        assert!(fixture.verify(&key.token(&claims())).await.is_ok());
    }
    // The same type: each is tried, up to four.
    let keys: Vec<_> = (0..5).map(|_| TestKey::ed("1")).collect();
    let fixture = Fixture::new(&keys.iter().collect::<Vec<_>>());
    for key in &keys[..4] {
        assert!(fixture.verify(&key.token(&claims())).await.is_ok());
    }
    fixture
        .refused(&keys[4].token(&claims()), Refusal::Signature)
        .await;
}

/// A key without an id is for ids that no other key has.
#[tokio::test]
async fn keys_without_an_id() {
    let (unnamed, named) = (TestKey::ed("x").without_id(), TestKey::ed("named"));
    let fixture = Fixture::new(&[&unnamed, &named]);
    assert!(fixture.verify(&unnamed.token(&claims())).await.is_ok());
    assert!(fixture.verify(&named.token(&claims())).await.is_ok());
    let as_named = |id: &str| json!({ "alg": "EdDSA", "kid": id });
    assert!(
        fixture
            .verify(&unnamed.token_with(&as_named("any"), &claims()))
            .await
            .is_ok()
    );
    fixture
        .refused(
            &unnamed.token_with(&as_named("named"), &claims()),
            Refusal::Signature,
        )
        .await;
}

#[tokio::test]
async fn many_keys() {
    let keys: Vec<_> = (0..65).map(|_| TestKey::ed("x").without_id().jwk()).collect();
    let last = TestKey::ed("last");
    let fixture = with_keys(&[&keys[..63], &[last.jwk()]].concat());
    assert!(fixture.verify(&last.token(&claims())).await.is_ok());
    let fixture = with_keys(&[&keys[..64], &[last.jwk()]].concat());
    fixture.refused(&last.token(&claims()), Refusal::Signature).await;
}
