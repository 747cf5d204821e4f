//! Attacks on the algorithm.

use jwt_verifier::{Algorithm, Refusal};
use ring::hmac;
use serde_json::json;

use crate::test_key::{TestKey, claims, encoded, jwks};
use crate::verifiers::Fixture;

#[tokio::test]
async fn none_is_no_algorithm() {
    let key = TestKey::rsa("1");
    let fixture = Fixture::new(&[&key]);
    for name in ["none", "None", "NONE", "nOnE", "", "null"] {
        let header = json!({ "alg": name, "typ": "JWT", "kid": "1" });
        let unsigned = format!(
            "{}.{}.",
            encoded(header.to_string()),
            encoded(claims().to_string())
        );
        fixture.refused(&unsigned, Refusal::Algorithm).await;
        fixture
            .refused(&key.token_with(&header, &claims()), Refusal::Algorithm)
            .await;
    }
    let header = json!({ "typ": "JWT", "kid": "1" });
    fixture
        .refused(&key.token_with(&header, &claims()), Refusal::Algorithm)
        .await;
}

#[tokio::test]
async fn an_empty_signature_is_none() {
    for key in [TestKey::rsa("1"), TestKey::ec("1"), TestKey::ed("1")] {
        let fixture = Fixture::new(&[&key]);
        let token = key.token(&claims());
        let (message, _) = token.rsplit_once('.').unwrap();
        fixture.refused(&format!("{message}."), Refusal::Signature).await;
    }
}

/// The public key, in any form that a library might take for a secret.
#[tokio::test]
async fn a_public_key_is_no_secret() {
    let key = TestKey::rsa("1");
    let fixture = Fixture::new(&[&key]);
    let pem = include_str!("fixtures/rsa-1.pub.pem");
    let secrets = [
        pem.to_owned(),
        pem.trim().to_owned(),
        key.jwk().to_string(),
        jwks(&[&key]).to_string(),
    ];
    for secret in secrets {
        for (name, algorithm) in [
            ("HS256", hmac::HMAC_SHA256),
            ("HS384", hmac::HMAC_SHA384),
            ("HS512", hmac::HMAC_SHA512),
        ] {
            let header = json!({ "alg": name, "typ": "JWT", "kid": "1" });
            let message = format!(
                "{}.{}",
                encoded(header.to_string()),
                encoded(claims().to_string())
            );
            let tag = hmac::sign(&hmac::Key::new(algorithm, secret.as_bytes()), message.as_bytes());
            fixture
                .refused(&format!("{message}.{}", encoded(tag)), Refusal::Algorithm)
                .await;
        }
    }
}

#[tokio::test]
async fn the_algorithm_has_to_fit_the_key() {
    let keys = [TestKey::rsa("1"), TestKey::ec("1"), TestKey::ed("1")];
    for signer in &keys {
        for other in keys.iter().filter(|key| key.algorithm() != signer.algorithm()) {
            // The same `kid`, and another type of key.
            let fixture = Fixture::new(&[other]);
            fixture
                .refused(&signer.token(&claims()), Refusal::Algorithm)
                .await;
            let header = json!({ "alg": other.algorithm(), "kid": "1" });
            fixture
                .refused(&signer.token_with(&header, &claims()), Refusal::Signature)
                .await;
        }
    }
}

#[tokio::test]
async fn related_algorithms_are_others() {
    let keys = [TestKey::rsa("1"), TestKey::ec("1"), TestKey::ed("1")];
    for key in keys {
        let fixture = Fixture::new(&[&key]);
        for name in [
            "RS384", "RS512", "PS256", "PS384", "PS512", "ES384", "ES512", "ES256K", "rs256", "es256",
            "Ed448",
        ] {
            let header = json!({ "alg": name, "kid": "1" });
            fixture
                .refused(&key.token_with(&header, &claims()), Refusal::Algorithm)
                .await;
        }
    }
}

#[tokio::test]
async fn only_allowed_algorithms() {
    let (rsa, ec) = (TestKey::rsa("rsa"), TestKey::ec("ec"));
    let fixture = Fixture::adjusted(&[&rsa, &ec], |issuer| issuer.algorithms = vec![Algorithm::Es256]);
    assert!(fixture.verify(&ec.token(&claims())).await.is_ok());
    fixture.refused(&rsa.token(&claims()), Refusal::Algorithm).await;
}

#[tokio::test]
async fn another_key_of_the_same_id() {
    for (key, forger) in [
        (TestKey::rsa("1"), TestKey::other_rsa("1")),
        (TestKey::ec("1"), TestKey::ec("1")),
        (TestKey::ed("1"), TestKey::ed("1")),
    ] {
        let fixture = Fixture::new(&[&key]);
        fixture
            .refused(&forger.token(&claims()), Refusal::Signature)
            .await;
    }
}

/// CVE-2022-21449 and its like: values that a broken check of ECDSA accepts.
#[tokio::test]
async fn trivial_signatures() {
    let key = TestKey::ec("1");
    let fixture = Fixture::new(&[&key]);
    let token = key.token(&claims());
    let (message, _) = token.rsplit_once('.').unwrap();
    let order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
    let order: Vec<u8> = (0..32)
        .map(|i| u8::from_str_radix(&order[2 * i..2 * i + 2], 16).unwrap())
        .collect();
    let one = [[0; 31].as_slice(), &[1]].concat();
    for signature in [
        vec![0; 64],
        vec![255; 64],
        [&order[..], &order].concat(),
        [&one[..], &one].concat(),
    ] {
        fixture
            .refused(&format!("{message}.{}", encoded(signature)), Refusal::Signature)
            .await;
    }
    // An ASN.1 signature, as other protocols have it, and one that is too long.
    let signature = key.sign(message.as_bytes());
    let longer = [&signature[..], &[0]].concat();
    fixture
        .refused(&format!("{message}.{}", encoded(longer)), Refusal::Signature)
        .await;
    let asn1 = [
        &[0x30, 68, 2, 32][..],
        &signature[..32],
        &[2, 32],
        &signature[32..],
    ]
    .concat();
    fixture
        .refused(&format!("{message}.{}", encoded(asn1)), Refusal::Signature)
        .await;
}
