//! Bearer tokens of the admin plane: the secret itself, and what is known of one.

use std::fmt;
use std::time::Duration;

use pg_timestamp::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::{Actor, Role};
use crate::credentials::{is_random_secret, random_secret};
use crate::json::JsonText;

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

    /// Whether [`generate`](Self::generate) can have made it: no other one is in the store.
    pub fn is_well_formed(&self) -> bool {
        let secret = self.expose().strip_prefix(Self::PREFIX);
        secret.is_some_and(is_random_secret)
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
        if Actor::PARTS.contains(&&*name.to_lowercase()) {
            return Some("is the name of a part of the service");
        }
        let fit = (1..=Self::LONGEST_NAME).contains(&name.chars().count())
            && name.chars().all(is_printed)
            && name.trim() == name;
        (!fit).then_some(
            "must have 1 to 100 characters, all of which are seen in print, and no white space around it",
        )
    }
}

/// Whether a character is seen, by Rust's own table: neither a control nor a format character, nor a space but the plain
/// one. A combining mark is seen behind another character.
fn is_printed(character: char) -> bool {
    let behind_another = String::from_iter(['x', character]);
    !behind_another.escape_debug().skip(1).take(3).eq("\\u{".chars())
        && !matches!(character, '\0' | '\t' | '\n' | '\r')
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
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When it was ended.
    pub revoked_at: Option<Timestamp>,
}

impl AdminTokenInfo {
    /// All of it, as the audit log keeps it.
    pub(crate) fn describe(&self) -> JsonText {
        JsonText::of(self)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_its_form_and_others_have_not() {
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
    fn no_name_is_taken_for_another() {
        for fit in [
            "ops",
            "Zoë",
            "नमस्ते",
            "e\u{301}",
            "a b",
            "back\\slash \"quoted\"",
            "日本",
        ] {
            assert_eq!(NewAdminToken::unfit(fit), None, "{fit}");
        }
        for part in Actor::PARTS {
            assert!(NewAdminToken::unfit(part).is_some(), "{part}");
            assert!(NewAdminToken::unfit(&part.to_uppercase()).is_some(), "{part}");
        }
        for unseen in [
            "",
            " ops",
            "configured\u{200b}",
            "o\u{202e}ps",
            "o\u{ad}ps",
            "o\u{a0}ps",
            "o\u{2028}ps",
            "o\nps",
            "o\0ps",
            "o\u{9b}ps",
        ] {
            assert!(NewAdminToken::unfit(unseen).is_some(), "{unseen:?}");
        }
    }
}
