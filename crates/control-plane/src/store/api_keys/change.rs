//! Expiry and revocation of API keys.

use pg_timestamp::Timestamp;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{ApiKeyRow, api_key_by_id, audit_change};
use crate::actor::Actor;
use crate::api_key::ApiKey;
use crate::audit::action::AuditAction;
use crate::store::Store;
use crate::store::error::StoreError;

/// A change of an API key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyChange {
    /// It expires at this time; `None` for never.
    Expire(Option<OffsetDateTime>),
    /// It is revoked.
    Revoke,
}

/// Why a key was not changed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum ChangeKeyError {
    /// The key does not exist.
    #[error("there is no such key")]
    Unknown,
    /// A revoked key cannot expire later.
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
    /// Expires or revokes a key, and audits it. A key that is revoked already is not changed and not audited. The `bool`
    /// says whether this call changed it.
    ///
    /// # Errors
    /// See [`ChangeKeyError`].
    pub(crate) async fn change_api_key(
        &self,
        actor: &Actor,
        id: Uuid,
        change: ApiKeyChange,
    ) -> Result<(ApiKey, bool), ChangeKeyError> {
        let mut transaction = self.pool.begin().await?;
        let before = api_keys!("WHERE id = $1 FOR NO KEY UPDATE", id)
            .fetch_optional(&mut *transaction)
            .await?;
        let before = ApiKey::try_from(before.ok_or(ChangeKeyError::Unknown)?)?;
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
                AuditAction::ApiKeyExpire
            }
            ApiKeyChange::Revoke => {
                sqlx::query!(
                    "UPDATE control.api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE id = $1",
                    id
                )
                .execute(&mut *transaction)
                .await?;
                AuditAction::ApiKeyRevoke
            }
        };
        let after = api_key_by_id(&mut *transaction, id).await?;
        let after = after.ok_or(StoreError::Invalid("API key"))?;
        audit_change(&mut transaction, actor, action, Some(&before), &after).await?;
        transaction.commit().await?;
        Ok((after, true))
    }
}
