//! The version and state of tenants, as the registry compares them.

use std::collections::HashMap;

use sqlx::PgExecutor;
use tenant_registry::{TenantId, TenantNotice};
use uuid::Uuid;

use super::Store;
use super::error::StoreError;

impl Store {
    /// The current standing of these tenants, one for each, in their order.
    pub(crate) async fn standing(&self, tenants: &[TenantId]) -> Result<Vec<TenantNotice>, StoreError> {
        Ok(standing(&self.pool, tenants).await?)
    }
}

/// The current standing of these tenants, over any connection to the store.
pub(crate) async fn standing(
    store: impl PgExecutor<'_>,
    tenants: &[TenantId],
) -> Result<Vec<TenantNotice>, sqlx::Error> {
    let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"SELECT id, version, state = 'active' AS "served!" FROM control.tenants WHERE id = ANY($1)"#,
        &ids,
    )
    .fetch_all(store)
    .await?;
    let rows: HashMap<Uuid, _> = rows.into_iter().map(|row| (row.id, row)).collect();
    Ok(tenants
        .iter()
        .map(|&tenant| {
            let row = rows.get(&tenant.as_uuid());
            TenantNotice {
                tenant,
                version: row.map(|row| row.version.unsigned_abs()),
                served: row.is_some_and(|row| row.served),
            }
        })
        .collect())
}
