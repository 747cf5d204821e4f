//! Files of keys: JWKs and PEM.

use jwt_verifier::{KeySetError, Refusal, SettingsError, Unusable};

use crate::test_key::{TestKey, claims};
use crate::verifiers::Fixture;

const RSA: &str = include_str!("fixtures/rsa-1.pub.pem");
const EC: &str = include_str!("fixtures/ec.pub.pem");
const ED: &str = include_str!("fixtures/ed.pub.pem");

fn ec() -> TestKey {
    TestKey::of_ec("ec", include_bytes!("fixtures/ec.pk8"))
}

fn ed() -> TestKey {
    TestKey::of_ed("ed", include_bytes!("fixtures/ed.pk8"))
}

/// A PEM key has no id, and stands for whichever a token names.
#[tokio::test]
async fn pem() {
    let keys = [TestKey::rsa("x"), ec(), ed()];
    let all = Fixture::of_document([RSA, EC, ED].concat(), |_| {}).unwrap();
    for (key, pem) in keys.into_iter().zip([RSA, EC, ED]) {
        let alone = Fixture::of_document(pem, |_| {}).unwrap();
        for fixture in [&alone, &all] {
            let identity = fixture.verify(&key.token(&claims())).await.unwrap();
            assert_eq!(identity.key_id, None);
        }
        let key = key.without_id();
        for fixture in [&alone, &all] {
            assert!(fixture.verify(&key.token(&claims())).await.is_ok());
        }
    }
    all.refused(&TestKey::ec("ec").token(&claims()), Refusal::Signature)
        .await;
}

/// Two PEM keys of one type: the old one and the new one.
#[tokio::test]
async fn pem_of_one_type() {
    let new = TestKey::other_rsa("new");
    let document = format!("{RSA}{}", include_str!("fixtures/rsa-2.pub.pem"));
    let fixture = Fixture::of_document(document, |_| {}).unwrap();
    for key in [TestKey::rsa("old"), new] {
        assert!(fixture.verify(&key.token(&claims())).await.is_ok());
    }
}

#[tokio::test]
async fn pem_that_is_refused() {
    let error = |document: &str| match Fixture::of_document(document, |_| {}) {
        Err(SettingsError::Keys { source, .. }) => source,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("accepted: {document}"),
    };
    let p384 = include_str!("fixtures/p384.pub.pem");
    let weak = include_str!("fixtures/rsa-1024.pub.pem");
    assert!(matches!(error(p384), KeySetError::Pem(1, Unusable::Type)));
    assert!(matches!(
        error(&format!("{RSA}{weak}")),
        KeySetError::Pem(2, Unusable::Size)
    ));
    for document in [
        "",
        "{}",
        "[]",
        "keys",
        "-----BEGIN PUBLIC KEY-----\n",
        include_str!("fixtures/localhost.pem"),
    ] {
        assert!(matches!(error(document), KeySetError::NotKeys), "{document}");
    }
    let truncated = ED.replace("MCow", "MCsw");
    assert!(matches!(
        error(&truncated),
        KeySetError::Pem(1, Unusable::Malformed)
    ));
}

#[tokio::test]
async fn a_single_jwk() {
    let key = TestKey::ed("1");
    let fixture = Fixture::of_document(key.jwk().to_string(), |_| {}).unwrap();
    assert!(fixture.verify(&key.token(&claims())).await.is_ok());
}
