//! Tokens that are accepted.

use std::time::Duration;

use jwt_verifier::{Algorithm, Refusal};
use serde_json::json;

use crate::clock::NOW;
use crate::test_key::{AUDIENCE, ISSUER, TENANT, TestKey, claims, claims_with};
use crate::verifiers::{Fixture, private_file, settings};

#[tokio::test]
async fn each_algorithm() {
    for key in [TestKey::rsa("1"), TestKey::ec("1"), TestKey::ed("1")] {
        let fixture = Fixture::new(&[&key]);
        let identity = fixture.verify(&key.token(&claims())).await.unwrap();
        assert_eq!(&*identity.issuer, ISSUER);
        assert_eq!(identity.subject.as_deref(), Some("alice"));
        assert_eq!(identity.tenant.to_string(), TENANT);
        assert_eq!(identity.scopes, ["users:read", "users:write"]);
        assert_eq!(identity.expires_at, Duration::from_secs(NOW + 300));
        assert_eq!(identity.key_id.as_deref(), Some("1"));
        assert!(identity.has_scope("users:read") && !identity.has_scope("users"));
    }
}

#[tokio::test]
async fn only_what_is_required() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    let claims = claims_with(&json!({ "sub": null, "iat": null, "nbf": null, "scope": null }));
    let header = json!({ "alg": "EdDSA", "kid": "1" });
    let identity = fixture.verify(&key.token_with(&header, &claims)).await.unwrap();
    assert_eq!(identity.subject, None);
    assert!(identity.scopes.is_empty());
}

#[tokio::test]
async fn types_of_access_tokens() {
    let key = TestKey::ed("1");
    let fixture = Fixture::new(&[&key]);
    for typ in ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"] {
        let header = json!({ "alg": "EdDSA", "kid": "1", "typ": typ });
        assert!(
            fixture.verify(&key.token_with(&header, &claims())).await.is_ok(),
            "{typ}"
        );
    }
}

#[tokio::test]
async fn several_audiences() {
    let key = TestKey::ed("1");
    let fixture = Fixture::adjusted(&[&key], |issuer| issuer.audiences.push("other".to_owned()));
    for audience in [
        json!(AUDIENCE),
        json!("other"),
        json!(["x", "other"]),
        json!([AUDIENCE]),
    ] {
        let token = key.token(&claims_with(&json!({ "aud": audience })));
        assert!(fixture.verify(&token).await.is_ok(), "{audience}");
    }
}

/// Each issuer's tokens are verified by its own keys and rules alone.
#[tokio::test]
async fn several_issuers() {
    let (one, other) = (TestKey::ed("1"), TestKey::ec("1"));
    let (_folder, path) = private_file(one.jwk().to_string());
    let (_other_folder, other_path) = private_file(other.jwk().to_string());
    let mut first = settings();
    first.keys_file = Some(path);
    let mut second = settings();
    second.issuer = "https://other.example.com".to_owned();
    second.audiences = vec!["second".to_owned()];
    second.tenant_claim = "org".parse().unwrap();
    second.algorithms = vec![Algorithm::Es256];
    second.keys_file = Some(other_path);
    let fixture = Fixture::of(vec![first, second]).unwrap();

    let of_second = json!({
        "iss": "https://other.example.com", "aud": "second", "org": TENANT, "tenant_id": null,
    });
    let of_second = claims_with(&of_second);
    assert!(fixture.verify(&one.token(&claims())).await.is_ok());
    let identity = fixture.verify(&other.token(&of_second)).await.unwrap();
    assert_eq!(&*identity.issuer, "https://other.example.com");

    // The other's key, audience or claim does not do.
    fixture.refused(&other.token(&claims()), Refusal::Algorithm).await;
    fixture.refused(&one.token(&of_second), Refusal::Algorithm).await;
    let wrong = claims_with(&json!({ "aud": "second" }));
    fixture.refused(&one.token(&wrong), Refusal::Audience).await;
    let mut wrong = of_second.clone();
    wrong["tenant_id"] = TENANT.into();
    wrong.as_object_mut().unwrap().remove("org");
    fixture.refused(&other.token(&wrong), Refusal::Tenant).await;
}

/// By keys that OpenSSL made.
#[tokio::test]
async fn tokens_of_another_library() {
    let pem = [
        include_str!("fixtures/rsa-1.pub.pem"),
        include_str!("fixtures/ec.pub.pem"),
        include_str!("fixtures/ed.pub.pem"),
    ];
    let fixture = Fixture::of_document(pem.concat(), |_| {}).unwrap();
    let tokens: Vec<_> = include_str!("fixtures/pyjwt.txt").lines().collect();
    assert_eq!(tokens.len(), 3);
    for token in tokens {
        let identity = fixture.verify(token).await.unwrap();
        assert_eq!(identity.subject.as_deref(), Some("alice"));
        assert_eq!(identity.tenant.to_string(), TENANT);
    }
}
