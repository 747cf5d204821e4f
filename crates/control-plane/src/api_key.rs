//! API keys of tenants.

use std::fmt;

use pg_timestamp::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use tenant_registry::TenantId;
use uuid::Uuid;

use crate::chosen_name::{NameError, chosen_name};
use schema::random_secret;

/// An API key as a caller presents it: 256 random bits, so a plain hash of it is as good as a slow one.
pub struct ApiKeySecret(SecretString);

impl ApiKeySecret {
    /// The prefix of keys, by which scanners find leaked ones.
    pub const SCHEME: &str = "tnt_key_";
    /// The length of the part that is stored and shown: enough to distinguish thousands of keys, and far too little to
    /// guess the rest.
    const PREFIX_LENGTH: usize = Self::SCHEME.len() + 8;

    /// A fresh key.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let secret = random_secret()?;
        Ok(Self(format!("{}{}", Self::SCHEME, secret.expose_secret()).into()))
    }

    /// The key's text, to show once.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// The hash that the store keeps.
    pub(crate) fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }

    /// The first characters, by which operators find a key.
    pub(crate) fn prefix(&self) -> &str {
        self.expose().get(..Self::PREFIX_LENGTH).unwrap_or_default()
    }
}

impl fmt::Debug for ApiKeySecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKeySecret(…)")
    }
}

/// An API key's name: 1 to 100 printable characters in Unicode's form NFC, without white space around it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiKeyName(String);

impl ApiKeyName {
    /// The maximum of characters.
    pub const MAX: usize = 100;

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ApiKeyName {
    type Error = NameError;

    fn try_from(name: String) -> Result<Self, NameError> {
        chosen_name(&name, Self::MAX).map(Self)
    }
}

/// An API key of the store, without its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// Its name.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// The actor who created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_characters_of_a_key_are_shown() {
        let key = ApiKeySecret::generate().unwrap();
        assert_eq!(key.expose().len(), "tnt_key_".len() + 43);
        assert_eq!(key.prefix().len(), 16);
        assert!(key.expose().starts_with(key.prefix()));
        assert_eq!(format!("{key:?}"), "ApiKeySecret(…)");
    }
}
