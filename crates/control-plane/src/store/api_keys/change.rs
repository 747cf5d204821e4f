//! A key ends, or ends later.

use pg_timestamp::Timestamp;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Row, one, tell};
use crate::actor::Actor;
use crate::api_key::ApiKey;
use crate::store::{Store, StoreError};

/// What is to become of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyChange {
    /// It is refused from then on; `None` for never.
    Expire(Option<OffsetDateTime>),
    /// It is refused for good.
    Revoke,
}

/// Why a key was not changed. Nothing is written.
#[derive(Debug, thiserror::Error)]
pub enum ChangeKeyError {
    /// There is no such key.
    #[error("there is no such key")]
    Unknown,
    /// When it ends does not matter any more.
    #[error("the key is revoked")]
    Revoked,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for ChangeKeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Store {
    /// Expires or revokes a key, and notes who did it; one that is revoked already stays as it is, without a note. The
    /// answer says whether it was changed by this call.
    ///
    /// # Errors
    /// See [`ChangeKeyError`].
    pub async fn change_api_key(
        &self,
        actor: &Actor,
        id: Uuid,
        change: ApiKeyChange,
    ) -> Result<(ApiKey, bool), ChangeKeyError> {
        let mut transaction = self.pool.begin().await?;
        let before = api_keys!("WHERE id = $1 FOR NO KEY UPDATE", id)
            .fetch_optional(&mut *transaction)
            .await?;
        let before = before.map(ApiKey::from).ok_or(ChangeKeyError::Unknown)?;
        let action = match change {
            ApiKeyChange::Revoke if before.revoked_at.is_some() => return Ok((before, false)),
            ApiKeyChange::Expire(_) if before.revoked_at.is_some() => return Err(ChangeKeyError::Revoked),
            ApiKeyChange::Expire(at) => {
                sqlx::query!(
                    "UPDATE control.api_keys SET expires_at = $2 WHERE id = $1",
                    id,
                    at.map(Timestamp::from),
                )
                .execute(&mut *transaction)
                .await?;
                "api_key.expire"
            }
            ApiKeyChange::Revoke => {
                sqlx::query!(
                    "UPDATE control.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1",
                    id
                )
                .execute(&mut *transaction)
                .await?;
                "api_key.revoke"
            }
        };
        let after = one(&mut *transaction, id).await?;
        let after = after.ok_or(StoreError::Invalid("API key"))?;
        tell(&mut transaction, actor, action, Some(&before), &after).await?;
        transaction.commit().await?;
        Ok((after, true))
    }
}
