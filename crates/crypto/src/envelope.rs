//! The façade: makes, opens and re-wraps data keys over any key provider.

use std::{fmt, sync::Arc};

use crate::{Dek, Error, KekId, KeyProvider, SecretKey, WrappedDek};

/// Makes and opens data keys, each bound to its subject. Cheap to clone.
///
/// It keeps no key: who opens the same DEK often holds on to the [`Dek`].
#[derive(Clone)]
pub struct Envelope {
    provider: Arc<dyn KeyProvider>,
}

impl Envelope {
    /// An envelope whose KEKs `provider` holds.
    pub fn new(provider: Arc<dyn KeyProvider>) -> Self {
        Self { provider }
    }

    /// A fresh data key for `subject`, and the same wrapped by the current KEK, to be stored.
    ///
    /// # Errors
    /// [`Error::Randomness`] and those of the provider.
    pub async fn new_dek(&self, subject: &[u8]) -> Result<(Dek, WrappedDek), Error> {
        let dek = Dek::generate()?;
        let kek = self.provider.current_kek().await?;
        let wrapped = self.wrap(kek, subject, &dek).await?;
        Ok((dek, wrapped))
    }

    /// The data key of `subject`, unwrapped.
    ///
    /// # Errors
    /// [`Error::UnknownKek`] when the provider lacks the KEK, [`Error::Authentication`] when `wrapped` was
    /// changed or is another subject's, and the provider's own.
    pub async fn open_dek(&self, subject: &[u8], wrapped: &WrappedDek) -> Result<Dek, Error> {
        let (id, kek) = (wrapped.dek_id(), wrapped.kek_id());
        let aad = WrappedDek::aad(id, kek, subject);
        let key = self.provider.unwrap_key(kek, wrapped.key(), &aad).await?;
        Ok(Dek::new(id, key))
    }

    /// The same data key wrapped by the current KEK, or `None` when it already is. What is sealed under the
    /// data key stays as it is, and `wrapped` opens for as long as the provider keeps the old KEK.
    ///
    /// # Errors
    /// Those of [`Envelope::open_dek`] and [`Envelope::new_dek`].
    pub async fn rewrap(&self, subject: &[u8], wrapped: &WrappedDek) -> Result<Option<WrappedDek>, Error> {
        let kek = self.provider.current_kek().await?;
        if &kek == wrapped.kek_id() {
            return Ok(None);
        }
        let dek = self.open_dek(subject, wrapped).await?;
        self.wrap(kek, subject, &dek).await.map(Some)
    }

    /// Keys for another purpose than wrapping, derived from the KEKs, that of the current one first: sign with the first,
    /// verify with all. See [`KeyProvider::derive_keys`].
    ///
    /// # Errors
    /// [`Error::NotDerivable`], and those of the provider.
    pub async fn derive_keys(&self, purpose: &str) -> Result<Vec<SecretKey>, Error> {
        self.provider.derive_keys(purpose).await
    }

    async fn wrap(&self, kek: KekId, subject: &[u8], dek: &Dek) -> Result<WrappedDek, Error> {
        let aad = WrappedDek::aad(dek.id(), &kek, subject);
        let key = self.provider.wrap_key(&kek, dek.key(), &aad).await?;
        WrappedDek::new(dek.id(), kek, key)
    }
}

impl fmt::Debug for Envelope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Envelope").finish_non_exhaustive()
    }
}
