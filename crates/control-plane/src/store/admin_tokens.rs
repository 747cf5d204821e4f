//! `control.admin_tokens`: bearer tokens of the admin plane, of which only hashes are kept.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{Store, StoreError};
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

impl Store {
    /// Lets this token in from now on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn insert_admin_token(
        &self,
        name: &str,
        role: Role,
        token: &AdminToken,
    ) -> Result<Uuid, StoreError> {
        let id = Uuid::now_v7();
        sqlx::query!(
            "INSERT INTO control.admin_tokens (id, name, role, sha256) VALUES ($1, $2, $3, $4)",
            id,
            name,
            role.as_str(),
            &token.sha256(),
        )
        .execute(&self.pool)
        .await?;
        Ok(id)
    }

    /// Whether a token with this hash was let in. Found by an index on the hash: what timing tells of it is of
    /// no use to somebody who does not have the token.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_token_known(&self, sha256: [u8; 32]) -> Result<bool, StoreError> {
        let known = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM control.admin_tokens WHERE sha256 = $1) AS "known!""#,
            &sha256,
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(known)
    }
}
