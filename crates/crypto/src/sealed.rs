//! A secret sealed under a data key, as it is stored.

use std::fmt;

use crate::{
    DekId, Error, FORMAT_VERSION,
    aead::{MAX_PLAINTEXT, OVERHEAD},
    format::strip_version,
};

const VALUE: &str = "sealed value";

/// A sealed secret. Safe to store next to its [`WrappedDek`](crate::WrappedDek); layout in the crate's
/// documentation.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    dek: DekId,
    /// `nonce ‖ ciphertext ‖ tag`.
    payload: Vec<u8>,
}

impl Sealed {
    pub(crate) fn new(dek: DekId, payload: Vec<u8>) -> Self {
        Self { dek, payload }
    }

    /// Version and DEK id: what stands before the nonce and is authenticated with it.
    pub(crate) fn header(dek: DekId) -> [u8; 1 + DekId::LEN] {
        let mut header = [FORMAT_VERSION; 1 + DekId::LEN];
        header[1..].copy_from_slice(dek.as_bytes());
        header
    }

    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The data key that it is sealed under.
    pub fn dek_id(&self) -> DekId {
        self.dek
    }

    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&Self::header(self.dek), self.payload()].concat()
    }

    /// Reads the stored form. Whether it is authentic shows only when it is opened.
    ///
    /// # Errors
    /// [`Error::Malformed`], [`Error::UnsupportedVersion`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let malformed = || Error::Malformed { value: VALUE };
        let (dek, payload) = strip_version(VALUE, bytes)?
            .split_first_chunk()
            .ok_or_else(malformed)?;
        if !(OVERHEAD..=OVERHEAD + MAX_PLAINTEXT).contains(&payload.len()) {
            return Err(malformed());
        }
        Ok(Self::new(DekId::from_bytes(*dek), payload.to_vec()))
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed")
            .field("dek", &self.dek)
            .finish_non_exhaustive()
    }
}
