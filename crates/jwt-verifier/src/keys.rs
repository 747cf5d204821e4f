//! Sets of public keys.

mod jwk;
mod pem;
mod public_key;

use std::sync::Arc;

use jsonwebtoken::DecodingKey;
use tracing::{debug, warn};

use crate::algorithm::Algorithm;
use public_key::PublicKey;

/// The most keys of a set; the rest is ignored.
const MAX_KEYS: usize = 64;

/// The most keys that a token may be tried with: keys without an id, or with the same one.
const MAX_TRIES: usize = 4;

/// The largest document of keys, in bytes.
pub(crate) const MAX_DOCUMENT_BYTES: usize = 256 << 10;

/// A key that verifies tokens.
#[derive(Debug)]
pub(crate) struct VerificationKey {
    pub(crate) id: Option<Arc<str>>,
    pub(crate) algorithm: Algorithm,
    pub(crate) key: DecodingKey,
}

/// The keys of an issuer.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<VerificationKey>,
}

/// A document has no keys to read.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// It is neither a JWK, nor a JWK Set, nor PEM.
    #[error("neither a JWK, nor a JWK Set, nor PEM blocks \"PUBLIC KEY\"")]
    NotKeys,
    /// A PEM block has another type of key, or a weak one.
    #[error("PEM block {0}: {1}")]
    Pem(usize, Unusable),
}

/// Why a key is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// Not for signatures, by its `use` or `key_ops`.
    #[error("its `use` or `key_ops` is not to verify signatures")]
    Purpose,
    /// Its type or curve is another one.
    #[error("it is neither RSA, nor on P-256, nor on Ed25519")]
    Type,
    /// Its `alg` is another one.
    #[error("its `alg` is not RS256, ES256 or EdDSA, as fits its type")]
    Algorithm,
    /// An RSA key of less than 2048 bits, or of more than 8192.
    #[error("an RSA key has 2048 to 8192 bits")]
    Size,
    /// It holds private parts, or is a shared secret.
    #[error("it is not public: whoever reads it can forge tokens")]
    NotPublic,
    /// It cannot be read.
    #[error("it cannot be read")]
    Malformed,
}

impl Unusable {
    /// Whether a set may well have such a key, since it is not only for tokens.
    fn is_usual(self) -> bool {
        matches!(self, Self::Purpose | Self::Type | Self::Algorithm)
    }
}

/// Keys to try, or why there is none.
#[derive(Debug)]
pub(crate) enum Selection<'a> {
    /// At least one, and at most [`MAX_TRIES`].
    Keys(Vec<&'a VerificationKey>),
    /// No key with this id, or none for the algorithm.
    Unknown,
    /// The key with this id is for another algorithm.
    OtherAlgorithm,
    /// The token names no key, and several fit.
    Ambiguous,
}

impl KeySet {
    /// Reads a JWK Set as an issuer serves it. An unusable key is left out and logged.
    pub(crate) fn from_jwks(issuer: &str, document: &[u8]) -> Result<Self, KeySetError> {
        let jwks = jwk::read_set(document).ok_or(KeySetError::NotKeys)?;
        Ok(Self::of(issuer, jwks))
    }

    /// Reads a file of an operator: a JWK Set, a JWK, or PEM blocks.
    pub(crate) fn from_file(issuer: &str, document: &[u8]) -> Result<Self, KeySetError> {
        if let Some(jwks) = jwk::read_set(document).or_else(|| jwk::read_one(document)) {
            return Ok(Self::of(issuer, jwks));
        }
        let keys = pem::read(document)?;
        Ok(Self::of(issuer, keys.into_iter().map(|key| (None, Ok(key)))))
    }

    fn of(
        issuer: &str,
        found: impl IntoIterator<Item = (Option<String>, Result<PublicKey, Unusable>)>,
    ) -> Self {
        let mut keys = Vec::new();
        for (id, key) in found {
            match key {
                Ok(_) if keys.len() == MAX_KEYS => {
                    warn!(
                        issuer,
                        limit = MAX_KEYS,
                        "an issuer has too many keys: the rest is ignored"
                    );
                    break;
                }
                Ok(key) => keys.push(VerificationKey {
                    id: id.map(Into::into),
                    algorithm: key.algorithm(),
                    key: key.into_decoding_key(),
                }),
                Err(why) if why.is_usual() => debug!(issuer, key = id, %why, "a key of an issuer is skipped"),
                Err(why) => warn!(issuer, key = id, %why, "a key of an issuer is skipped"),
            }
        }
        Self { keys }
    }

    /// The number of usable keys.
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The keys for a token with this `kid` and algorithm. A key without an id stands in for ids that no key has.
    pub(crate) fn select(&self, id: Option<&str>, algorithm: Algorithm) -> Selection<'_> {
        if let Some(id) = id {
            let mut named = self
                .keys
                .iter()
                .filter(|key| key.id.as_deref() == Some(id))
                .peekable();
            if named.peek().is_some() {
                let fitting = first(named.filter(|key| key.algorithm == algorithm));
                return fitting.map_or(Selection::OtherAlgorithm, Selection::Keys);
            }
        }
        let fitting = || self.keys.iter().filter(|key| key.algorithm == algorithm);
        if let Some(unnamed) = first(fitting().filter(|key| key.id.is_none())) {
            return Selection::Keys(unnamed);
        }
        match (id, fitting().count()) {
            (Some(_), _) | (None, 0) => Selection::Unknown,
            (None, 1) => Selection::Keys(fitting().collect()),
            (None, _) => Selection::Ambiguous,
        }
    }
}

fn first<'a>(keys: impl Iterator<Item = &'a VerificationKey>) -> Option<Vec<&'a VerificationKey>> {
    let keys: Vec<_> = keys.take(MAX_TRIES).collect();
    (!keys.is_empty()).then_some(keys)
}
