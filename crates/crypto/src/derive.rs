//! Derivation of keys for other purposes than wrapping.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::SecretKey;
use crate::format::pae;
use crate::secret::KEY_LEN;

/// The key of `purpose`: the same for the same key and purpose. A derived key tells nothing of the key that it is derived
/// from, nor of those of other purposes.
pub(crate) fn derive(key: &SecretKey, purpose: &str) -> SecretKey {
    expand(key, &pae(&[b"derived key", purpose.as_bytes()]))
}

/// HKDF-Expand (RFC 5869, section 2.3) with SHA-256 to the length of a key, which is one block. The key is uniformly
/// random already, so that nothing has to be extracted first (section 3.3).
fn expand(key: &SecretKey, info: &[u8]) -> SecretKey {
    // HMAC pads a shorter key with zeros to the block size (RFC 2104 section 2). A key of that size cannot fail.
    let mut block = Zeroizing::new([0_u8; 64]);
    block[..KEY_LEN].copy_from_slice(key.expose());
    let mac = Hmac::<Sha256>::new((&*block).into())
        .chain_update(info)
        .chain_update([1]);
    let derived = Zeroizing::new(<[u8; KEY_LEN]>::from(mac.finalize().into_bytes()));
    SecretKey::of(&derived)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unhex(digits: &str) -> Vec<u8> {
        let byte =
            |pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hexadecimal");
        digits.as_bytes().chunks(2).map(byte).collect()
    }

    fn key(digits: &str) -> SecretKey {
        SecretKey::from_slice(&unhex(digits)).expect("32 bytes")
    }

    /// RFC 5869, appendix A, the first 32 bytes of each output.
    #[test]
    fn the_published_vectors_hold() {
        for (key_digits, info, derived) in [
            (
                "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
                "f0f1f2f3f4f5f6f7f8f9",
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
            ),
            (
                "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
                "",
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
            ),
        ] {
            let found = expand(&key(key_digits), &unhex(info));
            assert_eq!(found.expose().as_slice(), unhex(derived), "{info}");
        }
    }

    #[test]
    fn each_key_and_purpose_has_a_key_of_its_own() {
        let [one, other] = [[1; 32], [2; 32]].map(|bytes| SecretKey::from_slice(&bytes).expect("32 bytes"));
        assert_eq!(derive(&one, "cursors").expose(), derive(&one, "cursors").expose());
        assert_ne!(derive(&one, "cursors").expose(), derive(&one, "tokens").expose());
        assert_ne!(
            derive(&one, "cursors").expose(),
            derive(&other, "cursors").expose()
        );
        assert_ne!(derive(&one, "cursors").expose(), one.expose());
    }
}
