//! Sealed credentials: `control.tenant_keys` and `control.tenant_credentials`.

use schema::Slot;
use tenant_registry::TenantId;

use super::Store;
use super::error::StoreError;
use crate::tenant::limits::Limits;
use crate::tenant::state::TenantState;

/// The version of a tenant's first password.
pub(crate) const FIRST_VERSION: i64 = 1;

/// The sealed credential of a new tenant.
pub(crate) struct NewCredential {
    pub(crate) wrapped_dek: Vec<u8>,
    pub(crate) sealed_password: Vec<u8>,
}

/// The stored credential of a tenant's active login, with the tenant's state and limits.
pub(crate) struct StoredCredential {
    pub(crate) state: TenantState,
    pub(crate) tenant_version: i64,
    pub(crate) slot: Slot,
    pub(crate) version: i64,
    pub(crate) wrapped_dek: Vec<u8>,
    pub(crate) sealed_password: Vec<u8>,
    pub(crate) limits: Limits,
}

impl Store {
    /// The credential of the tenant's active login.
    pub(crate) async fn credential(&self, id: TenantId) -> Result<Option<StoredCredential>, StoreError> {
        let row = sqlx::query!(
            "SELECT tenants.state, tenants.version AS tenant_version, tenants.active_slot,
                tenants.max_connections, tenants.reserved_connections, credentials.version,
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
            limits: Limits {
                max_connections: row.max_connections.map(i32::unsigned_abs),
                reserved_connections: row.reserved_connections.unsigned_abs(),
            },
        }))
    }
}
