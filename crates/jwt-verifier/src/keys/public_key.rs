//! Public keys of the three types.

use jsonwebtoken::DecodingKey;

use super::Unusable;
use crate::algorithm::Algorithm;

/// Sizes of RSA keys, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A public key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PublicKey {
    /// Modulus and exponent, big-endian.
    Rsa {
        /// Without leading zeros.
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The coordinates of a point on P-256.
    P256([u8; 32], [u8; 32]),
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// An RSA key, if its size is allowed. Leading zeros are dropped.
    pub(super) fn rsa(n: &[u8], e: &[u8]) -> Result<Self, Unusable> {
        let (n, e) = (without_zeros(n), without_zeros(e));
        let bits = n
            .first()
            .map_or(0, |first| n.len() * 8 - first.leading_zeros() as usize);
        if !RSA_BITS.contains(&bits) {
            return Err(Unusable::Size);
        }
        // An exponent of 1 accepts any signature; ring takes odd ones from 3 to 33 bits.
        let odd = e.last().is_some_and(|last| last % 2 == 1);
        if !odd || e == [1] || e.len() > 5 {
            return Err(Unusable::Malformed);
        }
        Ok(Self::Rsa {
            n: n.to_vec(),
            e: e.to_vec(),
        })
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa { .. } => Algorithm::Rs256,
            Self::P256(..) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    pub(super) fn into_decoding_key(self) -> DecodingKey {
        match self {
            Self::Rsa { n, e } => DecodingKey::from_rsa_raw_components(&n, &e),
            // Despite its name this takes the point (SEC 1 section 2.3.3) that follows in a DER key.
            Self::P256(x, y) => DecodingKey::from_ec_der(&[&[4][..], &x, &y].concat()),
            Self::Ed25519(key) => DecodingKey::from_ed_der(&key),
        }
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let start = number.iter().position(|byte| *byte != 0);
    start.map_or(&[], |start| &number[start..])
}
