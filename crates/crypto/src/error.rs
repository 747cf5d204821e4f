//! Errors of sealing, opening, wrapping and unwrapping.

use crate::{DekId, KekId, MAX_PLAINTEXT};

/// A failure of the envelope or of its key provider. No variant carries secret bytes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no value of the format: too short, too long, or with an id that is none.
    #[error("malformed {value}")]
    Malformed {
        /// Which of the two values was read.
        value: &'static str,
    },

    /// The value was written in a format this build does not know, most likely by a later release.
    #[error("{value} has format version {version}, which is not supported")]
    UnsupportedVersion {
        /// Which of the two values was read.
        value: &'static str,
        /// Its first byte.
        version: u8,
    },

    /// The key provider does not hold the KEK that the wrapped DEK names.
    #[error("key-encryption key {0} is unknown to the key provider")]
    UnknownKek(KekId),

    /// The value names another DEK than the one it was opened with. Both ids are public; whether the rest
    /// would have been authentic was not looked at.
    #[error("value is sealed under data key {sealed_under}, not {opened_with}")]
    WrongDek {
        /// The DEK that the value names.
        sealed_under: DekId,
        /// The DEK that was to open it.
        opened_with: DekId,
    },

    /// Key, AAD or bytes are not those of the sealing. By design it does not say which.
    #[error("authentication failed")]
    Authentication,

    /// The plaintext is longer than [`MAX_PLAINTEXT`].
    #[error("plaintext has {length} bytes, at most {MAX_PLAINTEXT} can be sealed")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },

    /// The value opened, but is not the UTF-8 text it was asked to be.
    #[error("opened value is not UTF-8 text")]
    NotText,

    /// The operating system gave no random bytes.
    #[error("operating system gave no random bytes")]
    Randomness(#[source] getrandom::Error),

    /// The key provider cannot derive keys from its KEKs.
    #[error("key provider derives no keys")]
    NotDerivable,

    /// A key provider outside this process failed or could not be reached.
    #[error("key provider failed")]
    Provider(#[source] Box<dyn std::error::Error + Send + Sync>),
}
