//! Bearer tokens of the admin plane.

use std::fmt;
use std::time::Duration;

use pg_timestamp::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::{Actor, Role};
use crate::chosen_name::{NameError, chosen_name};
use crate::json::JsonText;
use schema::{is_random_secret, random_secret};

/// A bearer token of the admin plane. 256 random bits, so a plain hash of it is as good as a slow one.
pub struct AdminToken(SecretString);

impl AdminToken {
    /// The prefix of tokens, by which scanners find leaked ones.
    const PREFIX: &str = "tnt_admin_";

    /// A fresh token.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let secret = random_secret()?;
        Ok(Self(format!("{}{}", Self::PREFIX, secret.expose_secret()).into()))
    }

    /// A token from a request or from the configuration.
    pub fn presented(token: SecretString) -> Self {
        Self(token)
    }

    /// The token's text, to show once or to send.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Whether it has the form of a [generated](Self::generate) token: the store contains no others.
    pub fn is_well_formed(&self) -> bool {
        let secret = self.expose().strip_prefix(Self::PREFIX);
        secret.is_some_and(is_random_secret)
    }

    /// The hash that the store keeps.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// A token to create.
#[derive(Debug, Clone)]
pub struct NewAdminToken {
    /// Its holder or purpose; see [`NewAdminToken::named`].
    pub name: String,
    /// Its role.
    pub role: Role,
    /// Its expiry.
    pub expiry: Expiry,
}

impl NewAdminToken {
    /// The maximum of characters of a name.
    pub const LONGEST_NAME: usize = 100;
    /// The configured token's name in the audit log. No other token can have it.
    pub const CONFIGURED: &str = "configured";

    /// The name in Unicode's form NFC.
    ///
    /// # Errors
    /// When it would mislead readers of the audit log.
    pub fn named(name: &str) -> Result<String, TokenNameError> {
        let name = chosen_name(name, Self::LONGEST_NAME)?;
        if Actor::COMPONENTS.contains(&&*name.to_lowercase()) {
            return Err(TokenNameError::Component);
        }
        Ok(name)
    }
}

/// A text is not a valid name of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenNameError {
    /// It is no name at all.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A component of the service has it.
    #[error("is reserved for a component of the service")]
    Component,
}

/// The expiry of a token, by the clock of the control store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Valid until it is revoked.
    Never,
    /// Valid until this time.
    At(OffsetDateTime),
    /// Valid for this duration from now on.
    In(Duration),
}

/// A token of the store, without its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminTokenInfo {
    /// Its id, from which the token cannot be derived.
    pub id: Uuid,
    /// Its holder or purpose.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl AdminTokenInfo {
    /// The token as JSON for the audit log.
    pub(crate) fn describe(&self) -> JsonText {
        JsonText::of(self)
    }
}

/// A valid token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownToken {
    /// Its id.
    pub id: Uuid,
    /// Its holder or purpose.
    pub name: String,
    /// Its role.
    pub role: Role,
    /// The time until it expires; `None` for never.
    pub expires_in: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_formed_tokens_are_recognised() {
        let token = AdminToken::generate().unwrap();
        assert!(token.is_well_formed());
        let secret = token.expose();
        for other in [
            "",
            "wrong",
            "tnt_admin_",
            &secret[..secret.len() - 1],
            &format!("{secret}A"),
            &secret.replace("tnt_admin_", "tnt_key_"),
            &format!("tnt_admin_{}", "!".repeat(43)),
        ] {
            let other = AdminToken::presented(other.to_owned().into());
            assert!(!other.is_well_formed(), "{}", other.expose());
        }
    }

    #[test]
    fn misleading_names_are_refused() {
        assert_eq!(NewAdminToken::named("Zoe\u{308}").as_deref(), Ok("Zo\u{eb}"));
        for component in Actor::COMPONENTS {
            for name in [component.to_string(), component.to_uppercase()] {
                assert_eq!(
                    NewAdminToken::named(&name),
                    Err(TokenNameError::Component),
                    "{name}"
                );
            }
        }
        for misleading in ["", " ops", "configured\u{200b}", "o\u{202e}ps"] {
            assert!(NewAdminToken::named(misleading).is_err(), "{misleading:?}");
        }
    }
}
