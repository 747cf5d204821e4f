//! Refused logins of tenants, and maxima of connections.

use tenant_registry::TenantId;

use super::Store;
use super::error::StoreError;

impl Store {
    /// The maximum of connections of every tenant that has logins; `None` for the service's default.
    pub(crate) async fn max_connections(&self) -> Result<Vec<(TenantId, Option<u32>)>, StoreError> {
        let rows = sqlx::query!("SELECT id, max_connections FROM control.tenants WHERE state <> 'purged'")
            .fetch_all(&self.pool)
            .await?;
        let max = |max: Option<i32>| max.map(i32::unsigned_abs);
        Ok(rows
            .into_iter()
            .map(|row| (TenantId::new(row.id), max(row.max_connections)))
            .collect())
    }

    /// Records that the server refuses the tenant's login. False when that was recorded before; its time stays.
    pub(crate) async fn record_login_refused(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let noted = sqlx::query!(
            "UPDATE control.tenants SET login_refused_at = now()
             WHERE id = $1 AND state = 'active' AND login_refused_at IS NULL",
            tenant.as_uuid(),
        )
        .execute(&self.pool)
        .await?;
        Ok(noted.rows_affected() == 1)
    }

    /// Records that the server accepts the tenant's login again.
    pub(crate) async fn record_login_accepted(&self, tenant: TenantId) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE control.tenants SET login_refused_at = NULL WHERE id = $1",
            tenant.as_uuid(),
        )
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    /// Up to `limit` active tenants with refused logins, in random order.
    pub(crate) async fn refused_logins(&self, limit: i64) -> Result<Vec<TenantId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM control.tenants WHERE login_refused_at IS NOT NULL AND state = 'active'
             ORDER BY random() LIMIT $1",
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(TenantId::new).collect())
    }
}
