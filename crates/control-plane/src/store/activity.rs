//! Recently active tenants, for warming up after a restart.

use tenant_registry::TenantId;
use uuid::Uuid;

use super::Store;
use super::error::StoreError;

impl Store {
    /// Records that these tenants are active now. Skips those recorded within the last 30 seconds by the database's
    /// clock, and those whose row is locked: several replicas may record at the same time, and none waits.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn mark_active(&self, tenants: &[TenantId]) -> Result<(), StoreError> {
        let ids: Vec<Uuid> = tenants.iter().map(|tenant| tenant.as_uuid()).collect();
        sqlx::query!(
            "UPDATE control.tenants SET last_active_at = now()
             WHERE id IN (
                SELECT id FROM control.tenants
                WHERE id = ANY($1)
                    AND (last_active_at IS NULL OR last_active_at < now() - interval '30 seconds')
                ORDER BY id
                FOR NO KEY UPDATE SKIP LOCKED
             )",
            &ids,
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Up to `limit` active tenants, the most recently used first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recently_active(&self, limit: u32) -> Result<Vec<TenantId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM control.tenants
             WHERE state = 'active' AND last_active_at IS NOT NULL
             ORDER BY last_active_at DESC, id
             LIMIT $1",
            i64::from(limit),
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(TenantId::new).collect())
    }
}
