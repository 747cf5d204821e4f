//! Keys that sign tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair,
};
use serde_json::{Value, json};

use crate::clock::NOW;

pub(crate) const ISSUER: &str = "https://login.example.com/";
pub(crate) const AUDIENCE: &str = "tenantry";
pub(crate) const TENANT: &str = "0199d3a0-7a1e-7c7b-9d55-4a1f0a5f3f10";

enum Signer {
    Rsa(Box<RsaKeyPair>),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

pub(crate) struct TestKey {
    id: Option<&'static str>,
    signer: Signer,
}

/// Good claims, five minutes before they expire.
pub(crate) fn claims() -> Value {
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": NOW + 300, "iat": NOW, "nbf": NOW,
        "tenant_id": TENANT, "scope": "users:read users:write",
    })
}

/// The claims with some replaced, or left out where they are `null`.
pub(crate) fn claims_with(changes: &Value) -> Value {
    let mut claims = claims();
    let object = claims.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
    claims
}

pub(crate) fn encoded(part: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(part)
}

impl TestKey {
    /// The RSA key of a fixture.
    pub(crate) fn rsa(id: &'static str) -> Self {
        Self::of_rsa(id, include_bytes!("fixtures/rsa-1.pk8"))
    }

    pub(crate) fn other_rsa(id: &'static str) -> Self {
        Self::of_rsa(id, include_bytes!("fixtures/rsa-2.pk8"))
    }

    fn of_rsa(id: &'static str, pkcs8: &[u8]) -> Self {
        let signer = Signer::Rsa(Box::new(RsaKeyPair::from_pkcs8(pkcs8).unwrap()));
        Self { id: Some(id), signer }
    }

    /// A new key on P-256.
    pub(crate) fn ec(id: &'static str) -> Self {
        let pkcs8 =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        Self::of_ec(id, pkcs8.as_ref())
    }

    pub(crate) fn of_ec(id: &'static str, pkcs8: &[u8]) -> Self {
        let signer = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8, &SystemRandom::new());
        Self {
            id: Some(id),
            signer: Signer::Ec(signer.unwrap()),
        }
    }

    /// A new key on Ed25519.
    pub(crate) fn ed(id: &'static str) -> Self {
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::of_ed(id, pkcs8.as_ref())
    }

    pub(crate) fn of_ed(id: &'static str, pkcs8: &[u8]) -> Self {
        let signer = Signer::Ed(Ed25519KeyPair::from_pkcs8_maybe_unchecked(pkcs8).unwrap());
        Self { id: Some(id), signer }
    }

    pub(crate) fn without_id(self) -> Self {
        Self { id: None, ..self }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self.signer {
            Signer::Rsa(_) => "RS256",
            Signer::Ec(_) => "ES256",
            Signer::Ed(_) => "EdDSA",
        }
    }

    /// Its public part.
    pub(crate) fn jwk(&self) -> Value {
        let mut jwk = match &self.signer {
            Signer::Rsa(key) => {
                let PublicKeyComponents { n, e } = PublicKeyComponents::<Vec<u8>>::from(key.public());
                json!({ "kty": "RSA", "n": encoded(n), "e": encoded(e) })
            }
            Signer::Ec(key) => {
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                json!({ "kty": "EC", "crv": "P-256", "x": encoded(x), "y": encoded(y) })
            }
            Signer::Ed(key) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "x": encoded(key.public_key()) })
            }
        };
        if let Some(id) = self.id {
            jwk["kid"] = id.into();
        }
        jwk
    }

    /// The JWK with more members.
    pub(crate) fn jwk_with(&self, members: &Value) -> Value {
        let mut jwk = self.jwk();
        for (name, value) in members.as_object().unwrap() {
            jwk[name] = value.clone();
        }
        jwk
    }

    pub(crate) fn header(&self) -> Value {
        let mut header = json!({ "alg": self.algorithm(), "typ": "JWT" });
        if let Some(id) = self.id {
            header["kid"] = id.into();
        }
        header
    }

    /// A token with these claims.
    pub(crate) fn token(&self, claims: &Value) -> String {
        self.token_with(&self.header(), claims)
    }

    pub(crate) fn token_with(&self, header: &Value, claims: &Value) -> String {
        self.token_of(header.to_string(), claims.to_string())
    }

    /// A token of these bytes, correctly signed.
    pub(crate) fn token_of(&self, header: impl AsRef<[u8]>, payload: impl AsRef<[u8]>) -> String {
        let message = format!("{}.{}", encoded(header), encoded(payload));
        let signature = encoded(self.sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.signer {
            Signer::Rsa(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
            Signer::Ec(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Signer::Ed(key) => key.sign(message).as_ref().to_vec(),
        }
    }
}

/// A JWK Set.
pub(crate) fn jwks(keys: &[&TestKey]) -> Value {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
}
