//! JSON Web Keys (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::Unusable;
use super::public_key::PublicKey;
use crate::json;

/// A key's id, and the key or why it is not used.
pub(super) type Found = (Option<String>, Result<PublicKey, Unusable>);

/// The keys of a JWK Set. `None` if it is none.
pub(super) fn read_set(document: &[u8]) -> Option<Vec<Found>> {
    let Some(Value::Array(keys)) = json::object(document)?.remove("keys") else {
        return None;
    };
    Some(keys.into_iter().map(found).collect())
}

/// A single JWK. `None` if it is none.
pub(super) fn read_one(document: &[u8]) -> Option<Vec<Found>> {
    let jwk = json::object(document)?;
    jwk.contains_key("kty").then(|| vec![found(Value::Object(jwk))])
}

fn found(value: Value) -> Found {
    let Value::Object(members) = value else {
        return (None, Err(Unusable::Malformed));
    };
    let id = match members.get("kid") {
        None => None,
        Some(Value::String(id)) => Some(id.clone()),
        Some(_) => return (None, Err(Unusable::Malformed)),
    };
    (id, read(members))
}

fn read(members: Map<String, Value>) -> Result<PublicKey, Unusable> {
    // A symmetric key, or the private part of another (RFC 7518 sections 6.2.2, 6.3.2 and 6.4).
    if ["k", "d", "p", "q"]
        .iter()
        .any(|name| members.contains_key(*name))
    {
        return Err(Unusable::NotPublic);
    }
    let algorithm = members
        .get("alg")
        .map(|name| name.as_str().unwrap_or_default().to_owned());
    let known_type = matches!(
        members.get("kty").and_then(Value::as_str),
        Some("RSA" | "EC" | "OKP")
    );
    let known_curve = members
        .get("crv")
        .is_none_or(|curve| curve == "P-256" || curve == "Ed25519");
    if !known_type || !known_curve {
        return Err(Unusable::Type);
    }
    let jwk = Jwk::deserialize(Value::Object(members)).map_err(|_| Unusable::Malformed)?;
    let for_signatures = jwk
        .common
        .public_key_use
        .is_none_or(|usage| usage == PublicKeyUse::Signature);
    let to_verify = jwk
        .common
        .key_operations
        .is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    if !for_signatures || !to_verify {
        return Err(Unusable::Purpose);
    }
    let key = public_key(&jwk.algorithm)?;
    match algorithm.as_deref() {
        None => Ok(key),
        Some(name) if name == key.algorithm().name() => Ok(key),
        // The name of RFC 9864 for the same.
        Some("Ed25519") if matches!(key, PublicKey::Ed25519(_)) => Ok(key),
        Some(_) => Err(Unusable::Algorithm),
    }
}

fn public_key(parameters: &AlgorithmParameters) -> Result<PublicKey, Unusable> {
    match parameters {
        AlgorithmParameters::RSA(rsa) => PublicKey::rsa(&bytes(&rsa.n)?, &bytes(&rsa.e)?),
        AlgorithmParameters::EllipticCurve(point) if point.curve == EllipticCurve::P256 => {
            Ok(PublicKey::P256(array(&point.x)?, array(&point.y)?))
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            Ok(PublicKey::Ed25519(array(&pair.x)?))
        }
        _ => Err(Unusable::Type),
    }
}

fn bytes(text: &str) -> Result<Vec<u8>, Unusable> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Unusable::Malformed)
}

fn array(text: &str) -> Result<[u8; 32], Unusable> {
    bytes(text)?.try_into().map_err(|_| Unusable::Malformed)
}
