//! Changes of tenants by the steps of operations, in one transaction with the record that the step is done.

use tenant_registry::TenantId;

use super::error::StoreError;
use super::operation_leases::{OperationLease, advance};
use super::{Store, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::audit::action::AuditAction;

/// The change of a tenant by a step.
#[derive(Debug, Clone, Copy)]
pub(crate) enum StepEffect {
    /// None: the step changed the data cluster only.
    Nothing,
    /// The tenant becomes active.
    Serve,
    /// The tenant returns to its state before the deletion.
    Restore,
    /// The tenant is purged: only its id remains.
    Forget,
}

impl Store {
    /// Records a step and its effect. False, and nothing is written, when the caller has lost the lease.
    pub(crate) async fn record_step(
        &self,
        lease: OperationLease,
        tenant: TenantId,
        steps_done: usize,
        last: bool,
        effect: StepEffect,
    ) -> Result<bool, StoreError> {
        let id = tenant.as_uuid();
        let mut transaction = self.pool.begin().await?;
        // The lock order everywhere: the tenant, then its operations.
        sqlx::query!("SELECT FROM control.tenants WHERE id = $1 FOR NO KEY UPDATE", id)
            .execute(&mut *transaction)
            .await?;
        if !advance(&mut transaction, lease, steps_done, last).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        let done_by = Actor::service("operation");
        match effect {
            StepEffect::Nothing => {}
            StepEffect::Serve => {
                sqlx::query!(
                    "UPDATE control.tenants SET state = 'active', login_refused_at = NULL
                     WHERE id = $1 AND state IN ('provisioning', 'suspended')",
                    id,
                )
                .execute(&mut *transaction)
                .await?;
                let entry = AuditEntry::done(&done_by, AuditAction::TenantServed).tenant(tenant);
                audit::append(&mut *transaction, &entry).await?;
            }
            StepEffect::Restore => {
                sqlx::query!(
                    "UPDATE control.tenants
                     SET state = returns_to, returns_to = NULL, purge_at = NULL, login_refused_at = NULL
                     WHERE id = $1 AND state = 'offboarding'",
                    id,
                )
                .execute(&mut *transaction)
                .await?;
                let entry = AuditEntry::done(&done_by, AuditAction::TenantRestored).tenant(tenant);
                audit::append(&mut *transaction, &entry).await?;
            }
            StepEffect::Forget => {
                let forgotten = sqlx::query_scalar!("SELECT control.forget_tenant($1)", id)
                    .fetch_one(&mut *transaction)
                    .await?;
                if forgotten != Some(true) {
                    return Err(StoreError::Invalid("tenant that is purged"));
                }
                let entry = AuditEntry::done(&done_by, AuditAction::TenantPurged).tenant(tenant);
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
