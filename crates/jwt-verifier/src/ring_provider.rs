//! Signature verification for `jsonwebtoken` by ring.
//!
//! It signs nothing, and knows three algorithms: with it, no token is verified by a shared secret.
#![expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signatures are the library's"
)]

use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, new_error};
use jsonwebtoken::signature::{self, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, DecodingKeyKind, EncodingKey};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};

static RING: CryptoProvider = CryptoProvider {
    signer_factory: no_signer,
    verifier_factory: verifier,
    // These are for making and hashing JWKs, which nothing here does.
    key_utils: KeyUtils::new_unimplemented(),
};

/// Makes it the process's provider. False if there is another one.
pub(crate) fn install() -> bool {
    RING.install_default().is_ok()
        || CryptoProvider::try_get_default().is_some_and(|installed| std::ptr::eq(installed, &raw const RING))
}

fn no_signer(_: &Algorithm, _: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    Err(new_error(ErrorKind::UnsupportedAlgorithm))
}

fn verifier(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>, Error> {
    let fits = matches!(
        (algorithm, key.family()),
        (Algorithm::RS256, AlgorithmFamily::Rsa)
            | (Algorithm::ES256, AlgorithmFamily::Ec)
            | (Algorithm::EdDSA, AlgorithmFamily::Ed)
    );
    if !fits {
        return Err(new_error(ErrorKind::InvalidAlgorithm));
    }
    Ok(Box::new(RingVerifier {
        algorithm: *algorithm,
        key: key.clone(),
    }))
}

struct RingVerifier {
    algorithm: Algorithm,
    key: DecodingKey,
}

impl JwtVerifier for RingVerifier {
    fn algorithm(&self) -> Algorithm {
        self.algorithm
    }
}

impl Verifier<Vec<u8>> for RingVerifier {
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> Result<(), signature::Error> {
        let verified = match (self.algorithm, self.key.kind()) {
            (Algorithm::RS256, DecodingKeyKind::RsaModulusExponent { n, e }) => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
            }
            (Algorithm::ES256, DecodingKeyKind::SecretOrDer(point)) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            (Algorithm::EdDSA, DecodingKeyKind::SecretOrDer(key)) => {
                UnparsedPublicKey::new(&ED25519, key).verify(message, signature)
            }
            _ => return Err(signature::Error::new()),
        };
        verified.map_err(|_| signature::Error::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_secret_verifies_nothing() {
        let secret = DecodingKey::from_secret(b"secret").unwrap();
        for algorithm in [
            Algorithm::HS256,
            Algorithm::HS384,
            Algorithm::HS512,
            Algorithm::RS256,
            Algorithm::ES256,
            Algorithm::EdDSA,
        ] {
            assert!(verifier(&algorithm, &secret).is_err(), "{algorithm:?}");
        }
    }

    #[test]
    fn a_key_fits_one_algorithm() {
        let rsa = DecodingKey::from_rsa_raw_components(&[1; 256], &[1, 0, 1]);
        let ec = DecodingKey::from_ec_der(&[4; 65]);
        let ed = DecodingKey::from_ed_der(&[1; 32]);
        for (key, algorithm) in [
            (rsa, Algorithm::RS256),
            (ec, Algorithm::ES256),
            (ed, Algorithm::EdDSA),
        ] {
            for other in AlgorithmFamily::Rsa
                .algorithms()
                .iter()
                .chain(AlgorithmFamily::Ec.algorithms())
                .chain(AlgorithmFamily::Ed.algorithms())
                .chain(AlgorithmFamily::Hmac.algorithms())
            {
                assert_eq!(verifier(other, &key).is_ok(), *other == algorithm, "{other:?}");
            }
        }
    }
}
