//! A data key: seals and opens the secrets of one subject.

use std::{fmt, mem};

use secrecy::{SecretSlice, SecretString};
use zeroize::Zeroizing;

use crate::{
    Aad, Error, Sealed, SecretKey, aead,
    random::{Hex, random},
};

/// A data key in the clear, from [`Envelope::new_dek`](crate::Envelope::new_dek) or
/// [`Envelope::open_dek`](crate::Envelope::open_dek). Wiped on drop; `Debug` shows its id alone.
pub struct Dek {
    id: DekId,
    key: SecretKey,
}

/// The random name of a data key. Public; it tells values of one DEK from those of its successor.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DekId([u8; DekId::LEN]);

impl Dek {
    pub(crate) fn generate() -> Result<Self, Error> {
        Ok(Self {
            id: DekId(random()?),
            key: SecretKey::generate()?,
        })
    }

    pub(crate) fn new(id: DekId, key: SecretKey) -> Self {
        Self { id, key }
    }

    pub(crate) fn key(&self) -> &SecretKey {
        &self.key
    }

    /// The name of this key.
    pub fn id(&self) -> DekId {
        self.id
    }

    /// Seals `plaintext` for the place that `aad` describes. Sealing the same again gives other bytes.
    ///
    /// # Errors
    /// [`Error::TooLong`] past [`MAX_PLAINTEXT`](crate::MAX_PLAINTEXT), [`Error::Randomness`].
    pub fn seal(&self, aad: &Aad<'_>, plaintext: &[u8]) -> Result<Sealed, Error> {
        let aad = aad.encode(&Sealed::header(self.id));
        Ok(Sealed::new(self.id, aead::seal(&self.key, &aad, plaintext)?))
    }

    /// Opens what was sealed under this key for the same place.
    ///
    /// # Errors
    /// [`Error::WrongDek`] when the value names another key, [`Error::Authentication`].
    pub fn open(&self, aad: &Aad<'_>, sealed: &Sealed) -> Result<SecretSlice<u8>, Error> {
        let mut plaintext = self.open_bytes(aad, sealed)?;
        // Its capacity is its length, so this moves the allocation and copies nothing.
        Ok(mem::take(&mut *plaintext).into())
    }

    /// As [`Dek::open`], for a secret that is text.
    ///
    /// # Errors
    /// Those of [`Dek::open`], and [`Error::NotText`].
    pub fn open_text(&self, aad: &Aad<'_>, sealed: &Sealed) -> Result<SecretString, Error> {
        let plaintext = self.open_bytes(aad, sealed)?;
        let text = std::str::from_utf8(&plaintext).map_err(|_| Error::NotText)?;
        Ok(text.into())
    }

    fn open_bytes(&self, aad: &Aad<'_>, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        if sealed.dek_id() != self.id {
            return Err(Error::WrongDek {
                sealed_under: sealed.dek_id(),
                opened_with: self.id,
            });
        }
        aead::open(&self.key, &aad.encode(&Sealed::header(self.id)), sealed.payload())
    }
}

impl fmt::Debug for Dek {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dek")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl DekId {
    pub(crate) const LEN: usize = 8;

    pub(crate) fn from_bytes(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    pub(crate) fn as_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

/// 16 hexadecimal digits.
impl fmt::Display for DekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

impl fmt::Debug for DekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DekId({self})")
    }
}
