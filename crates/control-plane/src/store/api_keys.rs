//! `control.api_keys`

use serde_json::json;
use sqlx::{PgConnection, PgExecutor};
use tenant_registry::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

use super::begin::locked;
use super::{CreatedAt, Store, StoreError, audit};
use crate::actor::Actor;
use crate::api_key::{ApiKey, ApiKeySecret};
use crate::audit::AuditEntry;
use crate::lifecycle::ChangeError;
use crate::tenant::TenantState;

/// A row of `control.api_keys`, but for the hash.
struct Row {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    prefix: String,
    created_by: String,
    created_at: OffsetDateTime,
    expires_at: Option<OffsetDateTime>,
    revoked_at: Option<OffsetDateTime>,
}

impl From<Row> for ApiKey {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            tenant: row.tenant_id.into(),
            name: row.name,
            prefix: row.prefix,
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }
    }
}

/// API keys, by whatever follows the table's name.
macro_rules! api_keys {
    ($which:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            Row,
            "SELECT id, tenant_id, name, prefix, created_by, created_at, expires_at, revoked_at
             FROM control.api_keys " + $which
            $(, $argument)*
        )
    };
}

/// Which API keys are listed.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyFilter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// That begin so.
    pub prefix: Option<String>,
}

/// What is to become of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiKeyChange {
    /// It is refused from then on; `None` for never.
    Expire(Option<OffsetDateTime>),
    /// It is refused for good.
    Revoke,
}

impl Store {
    /// Keeps a fresh key of a tenant's.
    ///
    /// # Errors
    /// When there is no such tenant, or it is purged or going to be; when the store fails.
    pub async fn insert_api_key(
        &self,
        actor: &Actor,
        owner: TenantId,
        name: &str,
        expires_at: Option<OffsetDateTime>,
        secret: &ApiKeySecret,
    ) -> Result<ApiKey, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        // A purge that begins at this moment comes before or after.
        let found = locked(&mut transaction, owner, None).await?;
        if matches!(found.state, TenantState::Offboarding | TenantState::Purged) {
            return Err(ChangeError::State(found.state));
        }
        let id = Uuid::now_v7();
        sqlx::query!(
            "INSERT INTO control.api_keys (id, tenant_id, name, prefix, sha256, created_by, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            id,
            owner.as_uuid(),
            name,
            secret.prefix(),
            &secret.sha256(),
            actor.name,
            expires_at,
        )
        .execute(&mut *transaction)
        .await?;
        let key = one(&mut *transaction, id).await?;
        let key = key.ok_or(StoreError::Invalid("API key"))?;
        told(&mut transaction, actor, "api_key.create", None, &key).await?;
        transaction.commit().await?;
        Ok(key)
    }

    /// Expires or revokes a key. `None` when there is none. One that is revoked stays so.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn change_api_key(
        &self,
        actor: &Actor,
        id: Uuid,
        change: ApiKeyChange,
    ) -> Result<Option<ApiKey>, StoreError> {
        let mut transaction = self.pool.begin().await?;
        let before = api_keys!("WHERE id = $1 FOR NO KEY UPDATE", id)
            .fetch_optional(&mut *transaction)
            .await?;
        let Some(before) = before.map(ApiKey::from) else {
            return Ok(None);
        };
        let action = match change {
            ApiKeyChange::Expire(at) => {
                sqlx::query!(
                    "UPDATE control.api_keys SET expires_at = $2 WHERE id = $1",
                    id,
                    at
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
        told(&mut transaction, actor, action, Some(&before), &after).await?;
        transaction.commit().await?;
        Ok(Some(after))
    }

    /// The key, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>, StoreError> {
        Ok(one(&self.pool, id).await?)
    }

    /// Up to `limit` of these keys, the latest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn api_keys(
        &self,
        filter: &ApiKeyFilter,
        before: Option<CreatedAt>,
        limit: i64,
    ) -> Result<Vec<ApiKey>, StoreError> {
        let rows = api_keys!(
            "WHERE (created_at, id) < (coalesce($1, 'infinity'::timestamptz), coalesce($2, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
                AND ($3::uuid IS NULL OR tenant_id = $3)
                AND ($4::text IS NULL OR starts_with(prefix, $4))
             ORDER BY created_at DESC, id DESC
             LIMIT $5",
            before.map(|before| before.created_at),
            before.map(|before| before.id),
            filter.tenant.map(TenantId::as_uuid),
            filter.prefix,
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(rows.into_iter().map(ApiKey::from).collect())
    }
}

async fn one(store: impl PgExecutor<'_>, id: Uuid) -> Result<Option<ApiKey>, sqlx::Error> {
    let row = api_keys!("WHERE id = $1", id).fetch_optional(store).await?;
    Ok(row.map(ApiKey::from))
}

/// Writes it into the audit log.
async fn told(
    store: &mut PgConnection,
    actor: &Actor,
    action: &str,
    before: Option<&ApiKey>,
    after: &ApiKey,
) -> Result<(), sqlx::Error> {
    let shown = |key: &ApiKey| {
        let at = |time: Option<OffsetDateTime>| time.map(OffsetDateTime::unix_timestamp);
        json!({
            "name": key.name,
            "prefix": key.prefix,
            "expires_at": at(key.expires_at),
            "revoked_at": at(key.revoked_at),
        })
    };
    let entry = AuditEntry::done(actor, action).tenant(after.tenant);
    let entry = AuditEntry {
        target: Some(after.id.to_string()),
        ..entry.changed(before.map(shown), Some(shown(after)))
    };
    audit::append(store, &entry).await
}
