//! Creation of API keys.

use pg_timestamp::Timestamp;
use tenant_registry::TenantId;
use uuid::Uuid;

use super::{api_key_by_id, audit_change};
use crate::actor::Actor;
use crate::api_key::{ApiKey, ApiKeySecret, NewApiKey};
use crate::audit::action::AuditAction;
use crate::store::Store;
use crate::store::change_error::ChangeError;
use crate::store::error::StoreError;
use crate::store::start_operation::lock_tenant;
use crate::tenant::revisions::Revisions;
use crate::tenant::state::TenantState;

/// Why a key was not created. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum CreateKeyError {
    /// Its expiry is in the past.
    #[error("the key would have expired already")]
    AlreadyExpired,
    /// The tenant does not exist or is deleted, or the store failed.
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
    /// Stores a new key of a tenant.
    ///
    /// # Errors
    /// See [`CreateKeyError`].
    pub(crate) async fn insert_api_key(
        &self,
        actor: &Actor,
        owner: TenantId,
        new: &NewApiKey,
        secret: &ApiKeySecret,
    ) -> Result<ApiKey, CreateKeyError> {
        let mut transaction = self.pool.begin().await?;
        // The lock orders this before or after the start of a purge.
        let found = lock_tenant(&mut transaction, owner, &Revisions::ANY).await?;
        if matches!(found.state, TenantState::Offboarding | TenantState::Purged) {
            return Err(ChangeError::State(found.state).into());
        }
        let id = Uuid::now_v7();
        let made = sqlx::query!(
            "INSERT INTO control.api_keys (id, tenant_id, name, prefix, sha256, created_by, expires_at, scopes)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8
             WHERE $7::timestamptz IS NULL OR $7 > now()",
            id,
            owner.as_uuid(),
            new.name.as_str(),
            secret.prefix(),
            &secret.sha256(),
            actor.name,
            new.expires_at.map(Timestamp::from),
            &new.scopes.names(),
        )
        .execute(&mut *transaction)
        .await?;
        if made.rows_affected() == 0 {
            return Err(CreateKeyError::AlreadyExpired);
        }
        let key = api_key_by_id(&mut *transaction, id).await?;
        let key = key.ok_or(StoreError::Invalid("API key"))?;
        audit_change(&mut transaction, actor, AuditAction::ApiKeyCreate, None, &key).await?;
        transaction.commit().await?;
        Ok(key)
    }
}
