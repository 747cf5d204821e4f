//! Tokens that are remembered.

use std::time::Duration;

use jwt_verifier::Refusal;
use serde_json::json;

use crate::clock::NOW;
use crate::test_key::{TestKey, claims, claims_with};
use crate::verifiers::Fixture;

#[tokio::test]
async fn a_token_seen_again_is_the_same_identity() {
    let key = TestKey::rsa("1");
    let fixture = Fixture::new(&[&key]);
    let token = key.token(&claims());
    let first = fixture.verify(&token).await.unwrap();
    let again = fixture.verify(&token).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &again));
    // For a minute.
    fixture.clock.advance(Duration::from_mins(1));
    let later = fixture.verify(&token).await.unwrap();
    assert!(!std::sync::Arc::ptr_eq(&first, &later));
    assert_eq!(first, later);
}

#[tokio::test]
async fn it_expires_on_time() {
    let key = TestKey::ed("1");
    let fixture = Fixture::adjusted(&[&key], |issuer| issuer.leeway = Duration::from_secs(2));
    let token = key.token(&claims_with(&json!({ "exp": NOW + 30 })));
    assert!(fixture.verify(&token).await.is_ok());
    fixture.clock.advance(Duration::from_millis(31_999));
    assert!(fixture.verify(&token).await.is_ok());
    fixture.clock.advance(Duration::from_millis(1));
    fixture.refused(&token, Refusal::Expired).await;
}

/// Another signature over the same content is another token.
#[tokio::test]
async fn a_forged_signature_is_not_remembered() {
    let key = TestKey::ec("1");
    let fixture = Fixture::new(&[&key]);
    let token = key.token(&claims());
    assert!(fixture.verify(&token).await.is_ok());
    let (message, _) = token.rsplit_once('.').unwrap();
    let forged = TestKey::ec("1").token(&claims());
    let (_, signature) = forged.rsplit_once('.').unwrap();
    for _ in 0..2 {
        fixture
            .refused(&format!("{message}.{signature}"), Refusal::Signature)
            .await;
    }
    assert!(fixture.verify(&token).await.is_ok());
}
