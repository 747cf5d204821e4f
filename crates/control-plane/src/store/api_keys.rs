//! API keys of tenants: `control.api_keys`.

use pg_timestamp::Timestamp;
use serde::Serialize;
use sqlx::{PgConnection, PgExecutor};
use tenant_registry::TenantId;
use uuid::Uuid;

use super::created_at::CreatedAt;
use super::error::StoreError;
use super::{Store, audit};
use crate::actor::Actor;
use crate::api_key::{ApiKey, ApiKeyScopes, ApiKeySecret};
use crate::audit::AuditEntry;
use crate::audit::action::AuditAction;
use crate::json::JsonText;

/// A row of `control.api_keys`, without the hash.
struct ApiKeyRow {
    id: Uuid,
    tenant_id: Uuid,
    name: String,
    prefix: String,
    created_by: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
    scopes: Vec<String>,
    last_used_at: Option<Timestamp>,
}

impl TryFrom<ApiKeyRow> for ApiKey {
    type Error = StoreError;

    fn try_from(row: ApiKeyRow) -> Result<Self, StoreError> {
        let scopes = ApiKeyScopes::named(&row.scopes);
        Ok(Self {
            id: row.id,
            tenant: row.tenant_id.into(),
            name: row.name,
            prefix: row.prefix,
            scopes: scopes.ok_or(StoreError::Invalid("scope of an API key"))?,
            created_by: row.created_by,
            created_at: row.created_at,
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
            last_used_at: row.last_used_at,
        })
    }
}

/// A query for API keys. The argument is the clause after the table's name.
macro_rules! api_keys {
    ($which:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            ApiKeyRow,
            "SELECT id, tenant_id, name, prefix, created_by, created_at, expires_at, revoked_at, scopes, last_used_at
             FROM control.api_keys " + $which
            $(, $argument)*
        )
    };
}

pub(crate) mod change;
pub(crate) mod live;
pub(crate) mod make;

/// Filter for a list of API keys.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyFilter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// With this prefix.
    pub prefix: Option<String>,
}

impl Store {
    /// The key of this id, if it exists.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn api_key(&self, id: Uuid) -> Result<Option<ApiKey>, StoreError> {
        api_key_by_id(&self.pool, id).await
    }

    /// The key of this secret, unless it is revoked or expired.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn live_api_key(&self, secret: &ApiKeySecret) -> Result<Option<ApiKey>, StoreError> {
        let row = api_keys!(
            "WHERE sha256 = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())",
            &secret.sha256(),
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(ApiKey::try_from).transpose()
    }

    /// Up to `limit` keys, the newest first.
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
        rows.into_iter().map(ApiKey::try_from).collect()
    }
}

async fn api_key_by_id(store: impl PgExecutor<'_>, id: Uuid) -> Result<Option<ApiKey>, StoreError> {
    let row = api_keys!("WHERE id = $1", id).fetch_optional(store).await?;
    row.map(ApiKey::try_from).transpose()
}

/// The fields of a key in the audit log.
#[derive(Serialize)]
struct AuditedKey<'a> {
    name: &'a str,
    prefix: &'a str,
    scopes: Vec<String>,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

impl<'a> From<&'a ApiKey> for AuditedKey<'a> {
    fn from(key: &'a ApiKey) -> Self {
        Self {
            name: &key.name,
            prefix: &key.prefix,
            scopes: key.scopes.names(),
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}

/// Appends a change of a key to the audit log.
async fn audit_change(
    store: &mut PgConnection,
    actor: &Actor,
    action: AuditAction,
    before: Option<&ApiKey>,
    after: &ApiKey,
) -> Result<(), StoreError> {
    let audited = |key| JsonText::of(&AuditedKey::from(key));
    let entry = AuditEntry::done(actor, action)
        .tenant(after.tenant)
        .target(after.id.to_string())
        .changed(before.map(audited), Some(audited(after)));
    Ok(audit::append(store, &entry).await?)
}
