//! `control.tenant_keys` and `control.tenant_credentials`.

use tenant_registry::TenantId;

use super::{Store, StoreError};
use crate::postgres::Slot;
use crate::tenant::{TenantName, TenantState};

/// What is stored of a tenant's way to its data.
pub(crate) struct StoredCredential {
    pub(crate) state: TenantState,
    pub(crate) tenant_version: i64,
    pub(crate) slot: Slot,
    pub(crate) version: i64,
    pub(crate) wrapped_dek: Vec<u8>,
    pub(crate) sealed_password: Vec<u8>,
    pub(crate) max_connections: Option<i32>,
}

impl Store {
    /// Commits a tenant as provisioning, with its key and the password of its first login. False, and nothing is
    /// written, when its id or its name is taken.
    pub(crate) async fn insert_provisioning(
        &self,
        id: TenantId,
        name: &TenantName,
        wrapped_dek: &[u8],
        sealed_password: &[u8],
    ) -> Result<bool, StoreError> {
        let id = id.as_uuid();
        let mut transaction = self.pool.begin().await?;
        let inserted = sqlx::query!(
            "INSERT INTO control.tenants (id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            id,
            name.as_str(),
        )
        .execute(&mut *transaction)
        .await?;
        if inserted.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        sqlx::query!(
            "INSERT INTO control.tenant_keys (tenant_id, wrapped_dek) VALUES ($1, $2)",
            id,
            wrapped_dek
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO control.tenant_credentials (tenant_id, slot, version, sealed_password)
             VALUES ($1, 'a', $2, $3)",
            id,
            FIRST_VERSION,
            sealed_password,
        )
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// The credential of the tenant's active login.
    pub(crate) async fn credential(&self, id: TenantId) -> Result<Option<StoredCredential>, StoreError> {
        let row = sqlx::query!(
            "SELECT tenants.state, tenants.version AS tenant_version, tenants.active_slot,
                tenants.max_connections, credentials.version,
                credentials.sealed_password, keys.wrapped_dek
             FROM control.tenants
             JOIN control.tenant_keys AS keys ON keys.tenant_id = tenants.id
             JOIN control.tenant_credentials AS credentials
                ON credentials.tenant_id = tenants.id AND credentials.slot = tenants.active_slot
             WHERE tenants.id = $1",
            id.as_uuid(),
        )
        .fetch_optional(&self.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(StoredCredential {
            state: TenantState::parse(&row.state).ok_or(StoreError::Invalid("tenant state"))?,
            tenant_version: row.tenant_version,
            slot: Slot::from_char(row.active_slot).ok_or(StoreError::Invalid("login slot"))?,
            version: row.version,
            wrapped_dek: row.wrapped_dek,
            sealed_password: row.sealed_password,
            max_connections: row.max_connections,
        }))
    }
}

/// The version of a tenant's first password.
pub(crate) const FIRST_VERSION: i64 = 1;
