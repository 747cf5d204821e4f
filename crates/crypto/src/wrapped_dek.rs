//! A data key wrapped by a key-encryption key, as it is stored.

use std::fmt;

use crate::{
    DekId, Error, FORMAT_VERSION, KekId,
    format::{pae, strip_version},
};

/// The longest wrapped key, in bytes, that a provider may return.
pub const MAX_WRAPPED_KEY: usize = 8 * 1024;

const VALUE: &str = "wrapped data key";

/// A wrapped data key. Names its KEK, so that rotation finds what is to be wrapped again; layout in the
/// crate's documentation.
#[derive(Clone, PartialEq, Eq)]
pub struct WrappedDek {
    dek: DekId,
    kek: KekId,
    /// The provider's own bytes.
    key: Vec<u8>,
}

impl WrappedDek {
    /// # Errors
    /// [`Error::Malformed`] when `key` is empty or longer than [`MAX_WRAPPED_KEY`].
    pub(crate) fn new(dek: DekId, kek: KekId, key: Vec<u8>) -> Result<Self, Error> {
        if (1..=MAX_WRAPPED_KEY).contains(&key.len()) {
            Ok(Self { dek, kek, key })
        } else {
            Err(Error::Malformed { value: VALUE })
        }
    }

    /// What authenticates the wrapped key: that it is one, its header and whose it is.
    pub(crate) fn aad(dek: DekId, kek: &KekId, subject: &[u8]) -> Vec<u8> {
        pae(&[b"dek", &Self::header(dek, kek), subject])
    }

    fn header(dek: DekId, kek: &KekId) -> Vec<u8> {
        let id = kek.as_str().as_bytes();
        #[expect(clippy::cast_possible_truncation, reason = "a KEK id has at most 32 bytes")]
        let length = id.len() as u8;
        [&[FORMAT_VERSION], dek.as_bytes().as_slice(), &[length], id].concat()
    }

    pub(crate) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The key-encryption key that it is wrapped by.
    pub fn kek_id(&self) -> &KekId {
        &self.kek
    }

    /// The data key inside; the same before and after it is wrapped again.
    pub fn dek_id(&self) -> DekId {
        self.dek
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Self::header(self.dek, &self.kek);
        bytes.extend_from_slice(&self.key);
        bytes
    }

    /// Reads the stored form. Whether it is authentic shows only when it is opened.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::UnsupportedVersion`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        Self::parse(strip_version(VALUE, bytes)?).ok_or(Error::Malformed { value: VALUE })
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let (dek, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first()?;
        let (kek, key) = rest.split_at_checked(usize::from(*length))?;
        let kek = std::str::from_utf8(kek).ok()?.parse().ok()?;
        Self::new(DekId::from_bytes(*dek), kek, key.to_vec()).ok()
    }
}

impl fmt::Debug for WrappedDek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WrappedDek")
            .field("dek", &self.dek)
            .field("kek", &self.kek)
            .finish_non_exhaustive()
    }
}
