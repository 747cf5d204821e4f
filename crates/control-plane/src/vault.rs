//! Seals tenants' passwords for the store and opens them again.

use crypto::{Aad, Envelope, Sealed, WrappedDek};
use tenant_registry::TenantId;

use crate::credentials::GeneratedPassword;
use crate::store::StoredCredential;

/// What a sealed password is bound to, beside its tenant and version.
const PURPOSE: &str = "postgres-password";

/// The envelope, as far as tenants' passwords need it.
#[derive(Clone)]
pub(crate) struct Vault {
    envelope: Envelope,
}

/// A fresh password and what of it goes into the store.
pub(crate) struct Minted {
    pub(crate) wrapped_dek: Vec<u8>,
    pub(crate) sealed_password: Vec<u8>,
}

/// Why a password could not be made or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key provider refused, or what is stored does not open.
    #[error("the tenant's password could not be sealed or opened")]
    Crypto(#[from] crypto::Error),
    /// The operating system gave no random bytes.
    #[error("no random bytes for a password")]
    Random(#[from] getrandom::Error),
    /// What was sealed is none of our passwords, so that nobody knows whether it can be guessed.
    #[error("the tenant's password was not generated here")]
    NotGenerated,
    /// A version is no positive number.
    #[error("the stored credential's version is not positive")]
    Version,
}

impl Vault {
    pub(crate) fn new(envelope: Envelope) -> Self {
        Self { envelope }
    }

    /// Makes a data key and a password for a new tenant.
    pub(crate) async fn mint(&self, tenant: TenantId, version: i64) -> Result<Minted, VaultError> {
        let subject = tenant.as_uuid();
        let (dek, wrapped) = self.envelope.new_dek(subject.as_bytes()).await?;
        let password = GeneratedPassword::random()?;
        let aad = Aad::new(subject.as_bytes(), PURPOSE, counted(version)?);
        let sealed = dek.seal(&aad, password.expose().as_bytes())?;
        Ok(Minted {
            wrapped_dek: wrapped.to_bytes(),
            sealed_password: sealed.to_bytes(),
        })
    }

    /// The password of a stored credential.
    pub(crate) async fn open(
        &self,
        tenant: TenantId,
        stored: &StoredCredential,
    ) -> Result<GeneratedPassword, VaultError> {
        let subject = tenant.as_uuid();
        let wrapped = WrappedDek::from_bytes(&stored.wrapped_dek)?;
        let dek = self.envelope.open_dek(subject.as_bytes(), &wrapped).await?;
        let aad = Aad::new(subject.as_bytes(), PURPOSE, counted(stored.version)?);
        let password = dek.open_text(&aad, &Sealed::from_bytes(&stored.sealed_password)?)?;
        GeneratedPassword::unsealed(password).ok_or(VaultError::NotGenerated)
    }
}

fn counted(version: i64) -> Result<u64, VaultError> {
    u64::try_from(version).map_err(|_| VaultError::Version)
}
