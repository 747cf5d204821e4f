//! What an operation's steps change in the store, each together with the note that it is done.

use tenant_registry::TenantId;

use super::leases::{Lease, advance};
use super::{Store, StoreError, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;

/// What a step changes in the store.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Effect {
    /// Nothing: it was done in the data cluster.
    Nothing,
    /// The tenant is served.
    Serve,
    /// The tenant is what it was before it was deleted.
    Restore,
    /// The tenant is purged: nothing is left but its id.
    Forget,
}

impl Store {
    /// Notes a step, and changes the tenant by it. False, and nothing is written, when the operation is not the
    /// caller's any more.
    pub(crate) async fn note_step(
        &self,
        lease: Lease,
        tenant: TenantId,
        steps_done: usize,
        last: bool,
        effect: Effect,
    ) -> Result<bool, StoreError> {
        let id = tenant.as_uuid();
        let mut transaction = self.pool.begin().await?;
        // In the order in which everybody locks: the tenant, then its operations.
        sqlx::query!("SELECT FROM control.tenants WHERE id = $1 FOR NO KEY UPDATE", id)
            .execute(&mut *transaction)
            .await?;
        if !advance(&mut transaction, lease, steps_done, last).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        let done_by = Actor::service("operation");
        match effect {
            Effect::Nothing => {}
            Effect::Serve => {
                sqlx::query!(
                    "UPDATE control.tenants SET state = 'active', login_refused_at = NULL
                     WHERE id = $1 AND state IN ('provisioning', 'suspended')",
                    id,
                )
                .execute(&mut *transaction)
                .await?;
                let entry = AuditEntry::done(&done_by, "tenant.served").tenant(tenant);
                audit::append(&mut *transaction, &entry).await?;
            }
            Effect::Restore => {
                sqlx::query!(
                    "UPDATE control.tenants
                     SET state = returns_to, returns_to = NULL, purge_at = NULL, login_refused_at = NULL
                     WHERE id = $1 AND state = 'offboarding'",
                    id,
                )
                .execute(&mut *transaction)
                .await?;
                let entry = AuditEntry::done(&done_by, "tenant.restored").tenant(tenant);
                audit::append(&mut *transaction, &entry).await?;
            }
            Effect::Forget => {
                let forgotten = sqlx::query_scalar!("SELECT control.forget_tenant($1)", id)
                    .fetch_one(&mut *transaction)
                    .await?;
                if forgotten != Some(true) {
                    return Err(StoreError::Invalid("tenant that is purged"));
                }
                let entry = AuditEntry::done(&done_by, "tenant.purged").tenant(tenant);
                audit::append(&mut *transaction, &entry).await?;
            }
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Whether the tenant was active before it was deleted.
    pub(crate) async fn returns_to_active(&self, tenant: TenantId) -> Result<bool, StoreError> {
        let returns_to = sqlx::query_scalar!(
            "SELECT returns_to FROM control.tenants WHERE id = $1",
            tenant.as_uuid()
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(returns_to.flatten().as_deref() == Some("active"))
    }
}
