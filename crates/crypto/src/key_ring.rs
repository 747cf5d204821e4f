//! Key-encryption keys and which of them is current.

mod document;
mod error;
mod file;

use time::OffsetDateTime;

pub use error::{KeyRingError, KeyRingFormatError};

use crate::{Error, KekId, SecretKey};

/// Key-encryption keys, one of them current. New wrappings use the current one; the others stay to unwrap
/// what was wrapped before them. The file is read by [`KeyRing::load`] and made by [`KeyRing::save_new`].
#[derive(Debug)]
pub struct KeyRing {
    /// Always the id of one of `keys`.
    current: KekId,
    /// In the file's order, with unique ids.
    keys: Vec<RingKey>,
}

/// One key of a [`KeyRing`]; its bytes stay inside.
#[derive(Debug)]
pub struct RingKey {
    id: KekId,
    created: Option<OffsetDateTime>,
    key: SecretKey,
}

impl KeyRing {
    /// A ring with one fresh key. `created` is a note for people; nothing depends on it.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn generate(id: KekId, created: Option<OffsetDateTime>) -> Result<Self, Error> {
        let key = RingKey {
            id: id.clone(),
            created,
            key: SecretKey::generate()?,
        };
        Ok(Self {
            current: id,
            keys: vec![key],
        })
    }

    /// Checks what the two fields promise of each other.
    fn new(current: KekId, keys: Vec<RingKey>) -> Result<Self, KeyRingFormatError> {
        for (place, key) in keys.iter().enumerate() {
            if keys[..place].iter().any(|earlier| earlier.id == key.id) {
                return Err(KeyRingFormatError::DuplicateId(key.id.clone()));
            }
        }
        let ring = Self { current, keys };
        match ring.key(&ring.current) {
            Some(_) => Ok(ring),
            None => Err(KeyRingFormatError::CurrentMissing(ring.current)),
        }
    }

    /// The id of the key that new wrappings use.
    pub fn current(&self) -> &KekId {
        &self.current
    }

    /// All keys, in the file's order.
    pub fn keys(&self) -> &[RingKey] {
        &self.keys
    }

    pub(crate) fn key(&self, id: &KekId) -> Option<&SecretKey> {
        self.keys.iter().find(|key| &key.id == id).map(|key| &key.key)
    }
}

impl RingKey {
    /// The key's name.
    pub fn id(&self) -> &KekId {
        &self.id
    }

    pub(crate) fn secret(&self) -> &SecretKey {
        &self.key
    }

    /// When it was made, if the file says so.
    pub fn created(&self) -> Option<OffsetDateTime> {
        self.created
    }
}
