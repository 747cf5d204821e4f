//! A key is let in.

use pg_timestamp::Timestamp;
use tenant_registry::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{one, tell};
use crate::actor::Actor;
use crate::api_key::{ApiKey, ApiKeySecret};
use crate::lifecycle::ChangeError;
use crate::store::begin::locked;
use crate::store::{Store, StoreError};
use crate::tenant::TenantState;

/// Why a key was not made. Nothing is written.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    /// It would have ended before it began.
    #[error("the key would have expired already")]
    AlreadyExpired,
    /// There is no such tenant, it is purged or going to be, or the store failed.
    #[error(transparent)]
    Tenant(#[from] ChangeError),
}

impl From<StoreError> for CreateKeyError {
    fn from(error: StoreError) -> Self {
        Self::Tenant(error.into())
    }
}

impl From<sqlx::Error> for CreateKeyError {
    fn from(error: sqlx::Error) -> Self {
        Self::Tenant(error.into())
    }
}

impl Store {
    /// Keeps a fresh key of a tenant's.
    ///
    /// # Errors
    /// See [`CreateKeyError`].
    pub async fn insert_api_key(
        &self,
        actor: &Actor,
        owner: TenantId,
        name: &str,
        expires_at: Option<OffsetDateTime>,
        secret: &ApiKeySecret,
    ) -> Result<ApiKey, CreateKeyError> {
        let mut transaction = self.pool.begin().await?;
        // A purge that begins at this moment comes before or after.
        let found = locked(&mut transaction, owner, None).await?;
        if matches!(found.state, TenantState::Offboarding | TenantState::Purged) {
            return Err(ChangeError::State(found.state).into());
        }
        let id = Uuid::now_v7();
        let made = sqlx::query!(
            "INSERT INTO control.api_keys (id, tenant_id, name, prefix, sha256, created_by, expires_at)
             SELECT $1, $2, $3, $4, $5, $6, $7
             WHERE $7::timestamptz IS NULL OR $7 > now()",
            id,
            owner.as_uuid(),
            name,
            secret.prefix(),
            &secret.sha256(),
            actor.name,
            expires_at.map(Timestamp::from),
        )
        .execute(&mut *transaction)
        .await?;
        if made.rows_affected() == 0 {
            return Err(CreateKeyError::AlreadyExpired);
        }
        let key = one(&mut *transaction, id).await?;
        let key = key.ok_or(StoreError::Invalid("API key"))?;
        tell(&mut transaction, actor, "api_key.create", None, &key).await?;
        transaction.commit().await?;
        Ok(key)
    }
}
