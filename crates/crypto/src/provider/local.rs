//! Key-encryption keys from a key ring in this process's memory.

use std::future::ready;

use super::{KeyProvider, ProviderFuture};
use crate::derive::derive;
use crate::{Error, KekId, KeyRing, SecretKey, aead};

/// Wraps with AES-256-GCM-SIV under the keys of a [`KeyRing`]. Its futures are ready at once.
#[derive(Debug)]
pub struct LocalKeyProvider {
    ring: KeyRing,
}

impl LocalKeyProvider {
    /// A provider of the keys of `ring`.
    pub fn new(ring: KeyRing) -> Self {
        Self { ring }
    }

    fn kek(&self, id: &KekId) -> Result<&SecretKey, Error> {
        self.ring.key(id).ok_or_else(|| Error::UnknownKek(id.clone()))
    }

    fn unwrap(&self, kek: &KekId, wrapped: &[u8], aad: &[u8]) -> Result<SecretKey, Error> {
        let key = aead::open(self.kek(kek)?, aad, wrapped)?;
        // Authentic, hence of our making, hence 32 bytes; anything else did not come from `wrap_key`.
        SecretKey::from_slice(&key).ok_or(Error::Authentication)
    }
}

impl KeyProvider for LocalKeyProvider {
    fn current_kek(&self) -> ProviderFuture<'_, KekId> {
        Box::pin(ready(Ok(self.ring.current().clone())))
    }

    fn wrap_key<'a>(
        &'a self,
        kek: &'a KekId,
        key: &'a SecretKey,
        aad: &'a [u8],
    ) -> ProviderFuture<'a, Vec<u8>> {
        Box::pin(ready(
            self.kek(kek).and_then(|kek| aead::seal(kek, aad, key.expose())),
        ))
    }

    fn unwrap_key<'a>(
        &'a self,
        kek: &'a KekId,
        wrapped: &'a [u8],
        aad: &'a [u8],
    ) -> ProviderFuture<'a, SecretKey> {
        Box::pin(ready(self.unwrap(kek, wrapped, aad)))
    }

    fn derive_keys<'a>(&'a self, purpose: &'a str) -> ProviderFuture<'a, Vec<SecretKey>> {
        let current = self.ring.current();
        let (first, others): (Vec<_>, Vec<_>) = self.ring.keys().iter().partition(|key| key.id() == current);
        let keys = first.into_iter().chain(others);
        Box::pin(ready(Ok(keys.map(|key| derive(key.secret(), purpose)).collect())))
    }
}
