//! AES-256-GCM-SIV ([RFC 8452]). The one place that calls the cipher; everything the crate encrypts goes
//! through [`seal_with_nonce`], everything it decrypts through [`open`].
//!
//! [RFC 8452]: https://www.rfc-editor.org/rfc/rfc8452

use aes_gcm_siv::{Aes256GcmSiv, KeyInit, aead::AeadInOut};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::{Error, SecretKey, random::random};

#[cfg(test)]
mod rfc8452;
#[cfg(test)]
mod tests;

/// Bytes of a nonce.
pub(crate) const NONCE_LEN: usize = 12;
/// Bytes of an authentication tag.
pub(crate) const TAG_LEN: usize = 16;
/// What [`seal`] adds to a plaintext, in bytes.
pub(crate) const OVERHEAD: usize = NONCE_LEN + TAG_LEN;

/// The longest plaintext, in bytes, that can be sealed.
pub const MAX_PLAINTEXT: usize = 64 * 1024;

/// Seals under a fresh random nonce: `nonce ‖ ciphertext ‖ tag`.
///
/// # Errors
/// [`Error::TooLong`], [`Error::Randomness`].
pub(crate) fn seal(key: &SecretKey, aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, Error> {
    seal_with_nonce(key, random()?, aad, plaintext)
}

/// Seals under a given nonce: `nonce ‖ ciphertext ‖ tag`.
///
/// # Errors
/// [`Error::TooLong`].
fn seal_with_nonce(
    key: &SecretKey,
    nonce: [u8; NONCE_LEN],
    aad: &[u8],
    plaintext: &[u8],
) -> Result<Vec<u8>, Error> {
    let too_long = || Error::TooLong {
        length: plaintext.len(),
    };
    if plaintext.len() > MAX_PLAINTEXT {
        return Err(too_long());
    }
    // Of its full size from the start: growing would leave a copy of the plaintext behind.
    let mut sealed = Vec::with_capacity(plaintext.len() + OVERHEAD);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plaintext);
    let tag = cipher(key)
        .encrypt_inout_detached(&nonce.into(), aad, (&mut sealed[NONCE_LEN..]).into())
        .map_err(|_| too_long())?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Opens `nonce ‖ ciphertext ‖ tag`. Nothing of the plaintext is released unless the tag is right.
///
/// # Errors
/// [`Error::Authentication`], also for what is too short to hold nonce and tag.
pub(crate) fn open(key: &SecretKey, aad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
    let (nonce, rest) = sealed
        .split_first_chunk::<NONCE_LEN>()
        .ok_or(Error::Authentication)?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG_LEN>().ok_or(Error::Authentication)?;
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    cipher(key)
        .decrypt_inout_detached(nonce.into(), aad, plaintext.as_mut_slice().into(), tag.into())
        .map_err(|_| Error::Authentication)?;
    Ok(plaintext)
}

fn cipher(key: &SecretKey) -> Aes256GcmSiv {
    Aes256GcmSiv::new(key.expose().into())
}

/// Does not compile when the cipher's key schedule is left in memory after use (see Cargo.toml).
const _: fn() = || {
    fn wiped_on_drop<T: ZeroizeOnDrop>() {}
    wiped_on_drop::<aes::Aes256>();
};
