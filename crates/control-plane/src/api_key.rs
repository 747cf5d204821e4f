//! API keys of tenants.

use std::fmt;

use pg_timestamp::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tenant_registry::TenantId;
use uuid::Uuid;

use crate::credentials::random_secret;

/// An API key as a caller presents it: 256 random bits, so a plain hash of it is as good as a slow one.
pub struct ApiKeySecret(SecretString);

impl ApiKeySecret {
    /// Keys begin with this, so that scanners for leaked secrets can find them.
    pub const SCHEME: &str = "tnt_key_";
    /// Of a key that is kept and shown, so that it can be found again: enough to tell thousands apart, and far too
    /// little to guess the rest.
    const SHOWN: usize = Self::SCHEME.len() + 8;

    /// A fresh one.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let secret = random_secret()?;
        Ok(Self(format!("{}{}", Self::SCHEME, secret.expose_secret()).into()))
    }

    /// The key itself: to be shown once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it to know it by.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }

    /// What is kept of it to find it by.
    pub(crate) fn prefix(&self) -> &str {
        self.expose().get(..Self::SHOWN).unwrap_or_default()
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeySecret(…)")
    }
}

/// What is known of an API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub tenant: TenantId,
    /// What it is for, as whoever made it said.
    pub name: String,
    /// How it begins.
    pub prefix: String,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is refused; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// Since when it is refused for good.
    pub revoked_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_shows_how_it_begins_and_no_more() {
        let key = ApiKeySecret::generate().unwrap();
        assert_eq!(key.expose().len(), "tnt_key_".len() + 43);
        assert_eq!(key.prefix().len(), 16);
        assert!(key.expose().starts_with(key.prefix()));
        assert_eq!(format!("{key:?}"), "ApiKeySecret(…)");
    }
}
