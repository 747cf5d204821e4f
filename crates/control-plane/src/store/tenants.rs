//! `control.tenants`.

use tenant_registry::TenantId;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Store, StoreError};
use crate::tenant::{Tenant, TenantName, TenantState};

/// A row of `control.tenants`.
struct Row {
    id: Uuid,
    name: String,
    state: String,
    version: i64,
    created_at: OffsetDateTime,
    updated_at: OffsetDateTime,
}

impl TryFrom<Row> for Tenant {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            name: TenantName::stored(row.name),
            state: TenantState::parse(&row.state).ok_or(StoreError::Invalid("tenant state"))?,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// Where a page of tenants goes on: after the one created then, with this id.
#[derive(Debug, Clone, Copy)]
pub struct TenantsAfter {
    /// When the last tenant of the page before was created.
    pub created_at: OffsetDateTime,
    /// Its id.
    pub id: Uuid,
}

impl Store {
    /// The tenant, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            "SELECT id, name, state, version, created_at, updated_at FROM control.tenants WHERE id = $1",
            id.as_uuid(),
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Tenant::try_from).transpose()
    }

    /// The tenant of this name, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenant_named(&self, name: &TenantName) -> Result<Option<Tenant>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            "SELECT id, name, state, version, created_at, updated_at FROM control.tenants WHERE name = $1",
            name.as_str(),
        )
        .fetch_optional(&self.pool)
        .await?;
        row.map(Tenant::try_from).transpose()
    }

    /// Up to `limit` tenants in the order of their creation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenants(&self, after: Option<TenantsAfter>, limit: i64) -> Result<Vec<Tenant>, StoreError> {
        let rows = sqlx::query_as!(
            Row,
            "SELECT id, name, state, version, created_at, updated_at FROM control.tenants
             WHERE (created_at, id) > (coalesce($1, '-infinity'::timestamptz), coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid))
             ORDER BY created_at, id
             LIMIT $3",
            after.map(|after| after.created_at),
            after.map(|after| after.id),
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Tenant::try_from).collect()
    }

    /// The tenant that was created last, if there is one.
    pub(crate) async fn newest_tenant(&self) -> Result<Option<TenantId>, StoreError> {
        let id =
            sqlx::query_scalar!("SELECT id FROM control.tenants ORDER BY created_at DESC, id DESC LIMIT 1")
                .fetch_optional(&self.pool)
                .await?;
        Ok(id.map(TenantId::new))
    }

    /// Makes a provisioning tenant active; another one stays as it is. Returns it as it is now.
    pub(crate) async fn activate(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        sqlx::query!(
            "UPDATE control.tenants SET state = 'active', version = version + 1, updated_at = now()
             WHERE id = $1 AND state = 'provisioning'",
            id.as_uuid(),
        )
        .execute(&self.pool)
        .await?;
        self.tenant(id).await
    }
}
