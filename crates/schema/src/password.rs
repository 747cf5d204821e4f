//! Generated passwords and tokens: 256 random bits as text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use zeroize::Zeroizing;

/// 256 bits.
const BYTES: usize = 32;

/// 256 random bits of the operating system's generator, as 43 characters of URL-safe base64.
///
/// # Errors
/// When the operating system gives no random bytes.
pub fn random_secret() -> Result<SecretString, getrandom::Error> {
    let mut bytes = Zeroizing::new([0_u8; BYTES]);
    getrandom::fill(&mut *bytes)?;
    Ok(URL_SAFE_NO_PAD.encode(*bytes).into())
}

/// Whether a text has the form of a [`random_secret`].
pub fn is_random_secret(text: &str) -> bool {
    let mut bits = Zeroizing::new([0_u8; BYTES]);
    URL_SAFE_NO_PAD.decode_slice(text, &mut *bits) == Ok(BYTES)
}

/// A generated password of 256 random bits. Its own type, so that only such a password gets a SCRAM verifier without
/// stretching.
pub struct GeneratedPassword(SecretString);

impl GeneratedPassword {
    /// A fresh password.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn random() -> Result<Self, getrandom::Error> {
        random_secret().map(Self)
    }

    /// A password that this service generated and sealed before. `None` when it does not have the form of one,
    /// so that it was chosen elsewhere.
    pub fn unsealed(password: SecretString) -> Option<Self> {
        is_random_secret(password.expose_secret()).then_some(Self(password))
    }

    /// The password as text.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The password without the promise of its type.
    pub fn into_secret(self) -> SecretString {
        self.0
    }
}

impl fmt::Debug for GeneratedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeneratedPassword(…)")
    }
}
