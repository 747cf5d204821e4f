//! [`KeyProvider`]: holder of the key-encryption keys.
//!
//! A provider wraps and unwraps 32 bytes and knows nothing of subjects or of the stored format: the
//! [`Envelope`](crate::Envelope) lays out both. So a service that never hands out its keys fits as well as
//! a file, with its ciphertext as the wrapped key and the AAD as associated data (Vault's transit engine)
//! or in the encryption context (AWS KMS).

pub mod local;

use std::future::ready;
use std::pin::Pin;

use crate::{Error, KekId, SecretKey};

/// What a [`KeyProvider`]'s methods return; boxed, so that providers can be chosen at run time.
pub type ProviderFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// Holds key-encryption keys (KEKs), one of them current, and wraps data keys with them.
///
/// An implementation must authenticate `aad` with the key, accept on unwrapping only what it has wrapped
/// under the same KEK and the same `aad`, and answer [`Error::Authentication`] to everything else. Failures
/// of its own (network, permission) are [`Error::Provider`].
pub trait KeyProvider: Send + Sync {
    /// The KEK that new wrappings are to use.
    fn current_kek(&self) -> ProviderFuture<'_, KekId>;

    /// Wraps `key` under `kek`; at most [`MAX_WRAPPED_KEY`](crate::MAX_WRAPPED_KEY) bytes.
    fn wrap_key<'a>(
        &'a self,
        kek: &'a KekId,
        key: &'a SecretKey,
        aad: &'a [u8],
    ) -> ProviderFuture<'a, Vec<u8>>;

    /// Unwraps what [`KeyProvider::wrap_key`] returned for the same `kek` and `aad`.
    fn unwrap_key<'a>(
        &'a self,
        kek: &'a KekId,
        wrapped: &'a [u8],
        aad: &'a [u8],
    ) -> ProviderFuture<'a, SecretKey>;

    /// Keys of `purpose`, one derived from each KEK, that of the current KEK first. They are the same wherever the KEKs
    /// are, wrap nothing, and last as long as their KEK: for what is checked again within that time, such as a signature
    /// of something short-lived.
    ///
    /// [`Error::NotDerivable`] unless a provider has a way to it.
    fn derive_keys<'a>(&'a self, purpose: &'a str) -> ProviderFuture<'a, Vec<SecretKey>> {
        let _ = purpose;
        Box::pin(ready(Err(Error::NotDerivable)))
    }
}
