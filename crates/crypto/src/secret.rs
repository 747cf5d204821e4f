//! Key material that is wiped when dropped and never printed.

use std::fmt;

use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};

use crate::Error;

/// Bytes of a key.
pub(crate) const KEY_LEN: usize = 32;

/// A 256-bit key: on the heap, wiped on drop, without `Clone`, and `Debug` shows nothing of it.
pub struct SecretKey(SecretBox<[u8; KEY_LEN]>);

impl SecretKey {
    /// A fresh key from the operating system's random generator.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate() -> Result<Self, Error> {
        let mut key = SecretBox::<[u8; KEY_LEN]>::default();
        // Filled in place: no copy of it is left on the stack.
        getrandom::fill(key.expose_secret_mut()).map_err(Error::Randomness)?;
        Ok(Self(key))
    }

    /// A key from bytes that a key provider has unwrapped; `None` unless there are exactly 32.
    /// The caller wipes its own copy.
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::of)
    }

    /// A key of these bytes.
    pub(crate) fn of(bytes: &[u8; KEY_LEN]) -> Self {
        let mut key = SecretBox::<[u8; KEY_LEN]>::default();
        key.expose_secret_mut().copy_from_slice(bytes);
        Self(key)
    }

    /// The bytes themselves, for a key provider that has to wrap them, or the user of a derived key.
    pub fn expose(&self) -> &[u8; KEY_LEN] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing_of_the_key() {
        let key = SecretKey::from_slice(&[0xA7; 32]).expect("32 bytes");
        assert_eq!(format!("{key:?}"), "SecretKey([redacted])");
        assert_eq!(format!("{key:#?}"), "SecretKey([redacted])");
    }

    #[test]
    fn only_32_bytes_are_a_key() {
        for length in (0..=64).filter(|length| *length != KEY_LEN) {
            assert!(SecretKey::from_slice(&vec![1; length]).is_none(), "{length}");
        }
    }

    #[test]
    fn generated_keys_differ() {
        let [one, other] = [(); 2].map(|()| SecretKey::generate().expect("randomness"));
        assert_ne!(one.expose(), other.expose());
        assert_ne!(one.expose(), &[0; KEY_LEN]);
    }
}
