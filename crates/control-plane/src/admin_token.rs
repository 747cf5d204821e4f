//! Bearer tokens of the admin plane: the secret itself, and what is known of one.

use std::fmt;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use time::serde::rfc3339;
use uuid::Uuid;

use crate::actor::Role;
use crate::credentials::random_secret;

/// A bearer token of the admin plane. 256 random bits, so a plain hash of it is as good as a slow one.
pub struct AdminToken(SecretString);

impl AdminToken {
    /// Tokens begin with this, so that scanners for leaked secrets can find them.
    const PREFIX: &str = "tnt_admin_";

    /// A fresh one.
    ///
    /// # Errors
    /// When the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let secret = random_secret()?;
        Ok(Self(format!("{}{}", Self::PREFIX, secret.expose_secret()).into()))
    }

    /// What somebody presents or has configured.
    pub fn presented(token: SecretString) -> Self {
        Self(token)
    }

    /// The token itself: to be shown once, or sent.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// What is kept of it.
    pub fn sha256(&self) -> [u8; 32] {
        Sha256::digest(self.expose()).into()
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewAdminToken {
    /// Whose it is, or what for; see [`NewAdminToken::unfit`].
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// How long it holds.
    pub expiry: Expiry,
}

impl NewAdminToken {
    /// The most characters of a name.
    pub const LONGEST_NAME: usize = 100;
    /// What the configured token is called in the audit log; no other token can have the name.
    pub const CONFIGURED: &str = "configured";

    /// What is wrong with a name, to be read behind it: what would mislead a reader of the audit log.
    pub fn unfit(name: &str) -> Option<&'static str> {
        if name == Self::CONFIGURED {
            return Some("is the name of the configured token");
        }
        let fit = (1..=Self::LONGEST_NAME).contains(&name.chars().count())
            && !name.chars().any(char::is_control)
            && name.trim() == name;
        (!fit).then_some("must have 1 to 100 characters, no control characters, and no white space around it")
    }
}

/// How long a token holds, by the clock of the control store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// Until it is revoked.
    Never,
    /// Until this moment.
    At(OffsetDateTime),
    /// For this long from now on.
    In(Duration),
}

/// What is kept of a token, as those see it who manage tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdminTokenInfo {
    /// Its id, which tells nothing of the token itself.
    pub id: Uuid,
    /// Whose it is, or what for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    #[serde(with = "rfc3339")]
    pub created_at: OffsetDateTime,
    /// When it ends by itself.
    #[serde(with = "rfc3339::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// When it was ended.
    #[serde(with = "rfc3339::option")]
    pub revoked_at: Option<OffsetDateTime>,
}

impl AdminTokenInfo {
    /// All of it, as the audit log keeps it.
    pub(crate) fn describe(&self) -> Value {
        // Dates of four digits' years and texts: this does not fail.
        serde_json::to_value(self).unwrap_or_else(|_| json!({"id": self.id}))
    }
}

/// A token that may be used now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownToken {
    /// Its id.
    pub id: Uuid,
    /// Whose it is, or what for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// How long it still holds; `None` for until it is revoked.
    pub expires_in: Option<Duration>,
}
