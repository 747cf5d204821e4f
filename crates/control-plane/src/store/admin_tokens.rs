//! Hashes of the admin plane's bearer tokens: `control.admin_tokens`.

pub(crate) mod make;
pub(crate) mod revoke;

use std::time::Duration;

use pg_timestamp::Timestamp;
use uuid::Uuid;

use super::Store;
use super::error::StoreError;
use crate::actor::Role;
use crate::admin_token::{AdminTokenInfo, KnownToken};

/// A row of `control.admin_tokens`, without the hash.
struct TokenRow {
    id: Uuid,
    name: String,
    role: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl TryFrom<TokenRow> for AdminTokenInfo {
    type Error = StoreError;

    fn try_from(row: TokenRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            name: row.name,
            role: role(&row.role)?,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        })
    }
}

fn role(text: &str) -> Result<Role, StoreError> {
    Role::parse(text).ok_or(StoreError::Invalid("role of a token"))
}

impl Store {
    /// The token with this hash, unless it is revoked or expired. The lookup uses an index on the hash: its timing is
    /// useless without the token.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn known_admin_token(&self, sha256: [u8; 32]) -> Result<Option<KnownToken>, StoreError> {
        let row = sqlx::query!(
            "SELECT id, name, role, extract(epoch FROM expires_at - now())::float8 AS expires_in
             FROM control.admin_tokens
             WHERE sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
            &sha256,
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(KnownToken {
            id: row.id,
            name: row.name,
            role: role(&row.role)?,
            // An expiry beyond the range of a duration counts as the longest one.
            expires_in: row
                .expires_in
                .map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)),
        }))
    }

    /// The token of this id, also when it is revoked or expired.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_token(&self, id: Uuid) -> Result<Option<AdminTokenInfo>, StoreError> {
        let row = sqlx::query_as!(
            TokenRow,
            "SELECT id, name, role, created_at, expires_at, revoked_at FROM control.admin_tokens WHERE id = $1",
            id,
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(AdminTokenInfo::try_from).transpose()
    }

    /// Up to `limit` tokens in the order of their creation, after the one of this id.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn admin_tokens(
        &self,
        after: Option<Uuid>,
        limit: i64,
    ) -> Result<Vec<AdminTokenInfo>, StoreError> {
        let rows = sqlx::query_as!(
            TokenRow,
            "SELECT id, name, role, created_at, expires_at, revoked_at FROM control.admin_tokens
             WHERE id > $1 ORDER BY id LIMIT $2",
            after.unwrap_or_default(),
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(AdminTokenInfo::try_from).collect()
    }
}
