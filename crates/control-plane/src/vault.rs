//! Sealing and opening of tenants' passwords.

use crypto::{Aad, Envelope, Sealed, WrappedDek};
use tenant_registry::TenantId;

use crate::store::credentials::{NewCredential, StoredCredential};
use schema::GeneratedPassword;

/// The purpose that a sealed password is bound to, beside its tenant and version.
const PURPOSE: &str = "postgres-password";

/// Envelope encryption of tenants' passwords.
#[derive(Clone)]
pub(crate) struct Vault {
    envelope: Envelope,
}

/// Why a password could not be generated or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The key provider refused, or the stored values do not open.
    #[error("the tenant's password could not be sealed or opened")]
    Crypto(#[from] crypto::Error),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes for a password")]
    Random(#[from] getrandom::Error),
    /// The sealed text is not a generated password, so it might be guessable.
    #[error("the tenant's password was not generated here")]
    NotGenerated,
    /// A version is not positive.
    #[error("the stored credential's version is not positive")]
    Version,
}

impl Vault {
    pub(crate) fn new(envelope: Envelope) -> Self {
        Self { envelope }
    }

    /// Generates a data key and a password for a new tenant.
    pub(crate) async fn new_credential(
        &self,
        tenant: TenantId,
        version: i64,
    ) -> Result<NewCredential, VaultError> {
        let subject = tenant.as_uuid();
        let (dek, wrapped) = self.envelope.new_dek(subject.as_bytes()).await?;
        let password = GeneratedPassword::random()?;
        let aad = Aad::new(subject.as_bytes(), PURPOSE, unsigned(version)?);
        let sealed = dek.seal(&aad, password.expose().as_bytes())?;
        Ok(NewCredential {
            wrapped_dek: wrapped.to_bytes(),
            sealed_password: sealed.to_bytes(),
        })
    }

    /// Opens the password of a stored credential.
    pub(crate) async fn open(
        &self,
        tenant: TenantId,
        stored: &StoredCredential,
    ) -> Result<GeneratedPassword, VaultError> {
        let subject = tenant.as_uuid();
        let wrapped = WrappedDek::from_bytes(&stored.wrapped_dek)?;
        let dek = self.envelope.open_dek(subject.as_bytes(), &wrapped).await?;
        let aad = Aad::new(subject.as_bytes(), PURPOSE, unsigned(stored.version)?);
        let password = dek.open_text(&aad, &Sealed::from_bytes(&stored.sealed_password)?)?;
        GeneratedPassword::unsealed(password).ok_or(VaultError::NotGenerated)
    }
}

fn unsigned(version: i64) -> Result<u64, VaultError> {
    u64::try_from(version).map_err(|_| VaultError::Version)
}
