//! Which tenants are in use, so that a service that starts again knows whom to expect.

use tenant_registry::TenantId;
use uuid::Uuid;

use super::{Store, StoreError};

impl Store {
    /// Notes that these tenants are in use now. One that was noted within the last 30 seconds, by the database's
    /// clock, is left as it is, and so is one that somebody else is writing at this moment: several replicas may do
    /// it at once, and none waits for another.
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

    /// Up to `limit` active tenants that were in use, the most recent first.
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
