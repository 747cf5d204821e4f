//! API keys of tenants.

use std::fmt;

use pg_timestamp::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tenant_registry::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::chosen_name::{NameError, chosen_name};
use schema::{is_random_secret, random_secret};

/// An API key as a caller presents it: 256 random bits, so a plain hash of it is as good as a slow one.
pub struct ApiKeySecret(SecretString);

impl ApiKeySecret {
    /// The prefix of keys, by which scanners find leaked ones.
    pub const SCHEME: &str = "tnt_key_";
    /// The length of the part that is stored and shown: enough to distinguish thousands of keys, and far too little to
    /// guess the rest.
    pub const PREFIX_LENGTH: usize = Self::SCHEME.len() + 8;

    /// A fresh key.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let secret = random_secret()?;
        Ok(Self(format!("{}{}", Self::SCHEME, secret.expose_secret()).into()))
    }

    /// A key from a file.
    pub fn presented(key: SecretString) -> Self {
        Self(key)
    }

    /// Whether a text has the form of a [generated](Self::generate) key: there are no others.
    pub(crate) fn is_well_formed(presented: &str) -> bool {
        presented.strip_prefix(Self::SCHEME).is_some_and(is_random_secret)
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

/// What an API key allows on the tenant plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiKeyScope {
    /// To read.
    Read,
    /// To create, change and delete. Does not include to read.
    Write,
}

impl ApiKeyScope {
    /// Its name in the store, in requests and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

/// The scopes of an API key: at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<ApiKeyScope>")]
pub struct ApiKeyScopes {
    read: bool,
    write: bool,
}

impl ApiKeyScopes {
    /// All scopes: those of a key that names none.
    pub const ALL: Self = Self {
        read: true,
        write: true,
    };

    /// These scopes; `None` for none at all.
    pub(crate) fn new(read: bool, write: bool) -> Option<Self> {
        (read || write).then_some(Self { read, write })
    }

    /// Whether this scope is among them.
    pub const fn contain(self, scope: ApiKeyScope) -> bool {
        match scope {
            ApiKeyScope::Read => self.read,
            ApiKeyScope::Write => self.write,
        }
    }

    /// The scopes, in the order of the store.
    pub fn iter(self) -> impl Iterator<Item = ApiKeyScope> {
        let all = [ApiKeyScope::Read, ApiKeyScope::Write];
        all.into_iter().filter(move |scope| self.contain(*scope))
    }

    /// The names of the scopes, in the order of the store.
    pub(crate) fn names(self) -> Vec<String> {
        self.iter().map(|scope| scope.as_str().to_owned()).collect()
    }

    /// The scopes of these names; `None` if they are not those of a key.
    pub(crate) fn named(names: &[String]) -> Option<Self> {
        let has = |scope: ApiKeyScope| names.iter().any(|name| name == scope.as_str());
        let scopes = Self::new(has(ApiKeyScope::Read), has(ApiKeyScope::Write))?;
        (scopes.iter().count() == names.len()).then_some(scopes)
    }
}

/// A list of scopes is empty, or names one twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must name at least one scope, and each once")]
pub struct ScopesError;

impl TryFrom<Vec<ApiKeyScope>> for ApiKeyScopes {
    type Error = ScopesError;

    fn try_from(listed: Vec<ApiKeyScope>) -> Result<Self, ScopesError> {
        let has = |scope| listed.contains(&scope);
        let scopes = Self::new(has(ApiKeyScope::Read), has(ApiKeyScope::Write)).ok_or(ScopesError)?;
        (scopes.iter().count() == listed.len())
            .then_some(scopes)
            .ok_or(ScopesError)
    }
}

/// An API key to create.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// Its name.
    pub name: ApiKeyName,
    /// What it allows.
    pub scopes: ApiKeyScopes,
    /// When it expires; `None` for never.
    pub expires_at: Option<OffsetDateTime>,
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
    /// What it allows.
    pub scopes: ApiKeyScopes,
    /// The actor who created it.
    pub created_by: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// When it was last used, to within a minute.
    pub last_used_at: Option<Timestamp>,
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

    #[test]
    fn well_formed_keys_are_recognised() {
        let key = ApiKeySecret::generate().unwrap();
        let text = key.expose();
        assert!(ApiKeySecret::is_well_formed(text));
        for other in [
            "",
            "tnt_key_",
            &text[1..],
            &text[..text.len() - 1],
            &format!("{text}A"),
            &format!(" {text}"),
            &text.replace("tnt_key_", "tnt_admin_"),
            &text.replace("tnt_key_", "TNT_KEY_"),
            &format!("tnt_key_{}", "!".repeat(43)),
        ] {
            assert!(!ApiKeySecret::is_well_formed(other), "{other}");
        }
    }

    #[test]
    fn scopes_are_at_least_one_and_each_once() {
        use ApiKeyScope::{Read, Write};
        let scopes = |listed: &[ApiKeyScope]| ApiKeyScopes::try_from(listed.to_vec());
        assert_eq!(scopes(&[Write, Read]), Ok(ApiKeyScopes::ALL));
        let read = scopes(&[Read]).unwrap();
        assert!(read.contain(Read) && !read.contain(Write));
        for wrong in [&[][..], &[Read, Read], &[Read, Write, Read]] {
            assert_eq!(scopes(wrong), Err(ScopesError), "{wrong:?}");
        }
        for listed in [&[Read][..], &[Write], &[Read, Write]] {
            let scopes = scopes(listed).unwrap();
            assert_eq!(ApiKeyScopes::named(&scopes.names()), Some(scopes));
        }
        for wrong in [&[][..], &["admin"], &["read", "admin"]] {
            let wrong: Vec<_> = wrong.iter().copied().map(str::to_owned).collect();
            assert_eq!(ApiKeyScopes::named(&wrong), None, "{wrong:?}");
        }
    }
}
