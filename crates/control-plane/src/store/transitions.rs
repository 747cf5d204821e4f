//! Transitions of tenants, and due purges.

use sqlx::{PgConnection, PgTransaction};
use tenant_registry::TenantId;
use time::Duration;
use uuid::Uuid;

use super::change_error::ChangeError;
use super::error::StoreError;
use super::operations::running_operation;
use super::start_operation::{CommittedChange, audited, existing_tenant, lock_tenant, start_operation};
use super::{Store, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::operation::OperationKind;
use crate::tenant::Tenant;
use crate::tenant::revisions::Revisions;
use crate::tenant::state::TenantState;
use crate::transition::{DEFAULT_GRACE, Decision, Transition};

impl Store {
    /// Starts a transition if the tenant is at one of these revisions. A transition that refuses the tenant changes its
    /// state at once; one that serves it again, when its operation has succeeded.
    pub(crate) async fn transition(
        &self,
        actor: &Actor,
        id: TenantId,
        transition: Transition,
        revisions: &Revisions,
        operation: Uuid,
    ) -> Result<CommittedChange, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = lock_tenant(&mut transaction, id, revisions).await?;
        let running = running_operation(&mut *transaction, id)
            .await?
            .map(|operation| operation.kind);
        match transition.decide(before.state) {
            Decision::Start if running == Some(transition.kind()) => {
                // A repeated request while the first operation is running.
                return audit_only(transaction, actor, &before, before.clone(), transition).await;
            }
            // The running operation leads away from the requested state: supersede it.
            Decision::Already if running.is_some_and(|kind| transition.reverses(kind)) => {}
            Decision::Start => {}
            Decision::Already => {
                if let Transition::Offboard { grace: Some(grace) } = transition
                    && before.state == TenantState::Offboarding
                {
                    return set_purge_time(transaction, actor, before, grace).await;
                }
                return audit_only(transaction, actor, &before, before.clone(), transition).await;
            }
            Decision::Refuse => return Err(ChangeError::State(before.state)),
        }
        let mut kind = transition.kind();
        let uuid = id.as_uuid();
        match transition {
            Transition::Suspend => {
                sqlx::query!(
                    "UPDATE control.tenants SET state = 'suspended' WHERE id = $1",
                    uuid
                )
                .execute(&mut *transaction)
                .await?;
            }
            Transition::Resume => {}
            Transition::Offboard { grace } => {
                sqlx::query!(
                    "UPDATE control.tenants
                     SET state = 'offboarding', purge_at = now() + $2 * interval '1 second',
                        returns_to = CASE WHEN state = 'offboarding' THEN returns_to ELSE state END
                     WHERE id = $1",
                    uuid,
                    grace.unwrap_or(DEFAULT_GRACE).as_seconds_f64(),
                )
                .execute(&mut *transaction)
                .await?;
            }
            Transition::Undelete => kind = undelete(&mut transaction, id).await?,
            Transition::Purge => mark_purge_begun(&mut transaction, id).await?,
        }
        let (action, before) = (transition.action(), Some(&before));
        let committed = start_operation(&mut transaction, actor, action, id, before, kind, operation).await?;
        transaction.commit().await?;
        Ok(committed)
    }

    /// Starts the purge of a tenant if its grace period is still over. The reconciler runs the operation.
    pub(crate) async fn begin_due_purge(&self, actor: &Actor, id: TenantId) -> Result<bool, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = lock_tenant(&mut transaction, id, &Revisions::ANY).await?;
        // It may have been undeleted, or deleted anew, since the scan.
        if !is_due(&mut transaction, id).await? {
            return Ok(false);
        }
        mark_purge_begun(&mut transaction, id).await?;
        let (action, kind) = (Transition::Purge.action(), OperationKind::Purge);
        start_operation(
            &mut transaction,
            actor,
            action,
            id,
            Some(&before),
            kind,
            Uuid::now_v7(),
        )
        .await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Up to `limit` deleted tenants whose grace period is over and whose purge has not begun. Skips tenants with a running
    /// deletion or undeletion, so that a caller who waits for it sees it succeed.
    pub(crate) async fn due_for_purge(&self, limit: i64) -> Result<Vec<TenantId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM control.tenants
             WHERE purge_at <= now() AND purge_began_at IS NULL
                AND NOT EXISTS (
                    SELECT FROM control.operations
                    WHERE tenant_id = tenants.id AND state = 'running' AND kind IN ('undelete', 'offboard')
                )
             ORDER BY purge_at
             LIMIT $1",
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(TenantId::new).collect())
    }
}

/// Whether the grace period is over, and no undeletion or deletion is running.
async fn is_due(store: &mut PgConnection, id: TenantId) -> Result<bool, StoreError> {
    let due = sqlx::query_scalar!(
        r#"SELECT state = 'offboarding' AND purge_at <= now() AND purge_began_at IS NULL AS "due!"
         FROM control.tenants WHERE id = $1"#,
        id.as_uuid(),
    )
    .fetch_one(&mut *store)
    .await?;
    let running = running_operation(store, id).await?;
    let busy = [OperationKind::Undelete, OperationKind::Offboard];
    Ok(due && running.is_none_or(|operation| !busy.contains(&operation.kind)))
}

/// Sets another purge time for a deleted tenant, unless the purge has begun.
async fn set_purge_time(
    mut transaction: PgTransaction<'_>,
    actor: &Actor,
    before: Tenant,
    grace: Duration,
) -> Result<CommittedChange, ChangeError> {
    let updated = sqlx::query!(
        "UPDATE control.tenants SET purge_at = now() + $2 * interval '1 second'
         WHERE id = $1 AND purge_began_at IS NULL",
        before.id.as_uuid(),
        grace.as_seconds_f64(),
    )
    .execute(&mut *transaction)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(ChangeError::Purging);
    }
    let tenant = existing_tenant(&mut transaction, before.id).await?;
    let transition = Transition::Offboard { grace: Some(grace) };
    audit_only(transaction, actor, &before, tenant, transition).await
}

/// Audits a request that starts no operation: the tenant is in that state already, or its operation is running.
async fn audit_only(
    mut transaction: PgTransaction<'_>,
    actor: &Actor,
    before: &Tenant,
    tenant: Tenant,
    transition: Transition,
) -> Result<CommittedChange, ChangeError> {
    let operation = running_operation(&mut *transaction, tenant.id).await?;
    let entry = AuditEntry::done(actor, transition.action()).tenant(tenant.id);
    let entry = entry.changed(Some(audited(before)), Some(audited(&tenant)));
    audit::append(&mut *transaction, &entry).await?;
    transaction.commit().await?;
    Ok(CommittedChange {
        tenant,
        operation: operation.filter(|operation| operation.kind == transition.kind()),
    })
}

/// Records that the purge has begun. It cannot be undone.
async fn mark_purge_begun(store: &mut PgConnection, id: TenantId) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE control.tenants
         SET purge_began_at = coalesce(purge_began_at, now()), purge_at = least(purge_at, now())
         WHERE id = $1",
        id.as_uuid(),
    )
    .execute(store)
    .await?;
    Ok(())
}

/// Undeletes. A tenant that was deleted during its creation continues to be created; the login of any other is opened
/// first.
async fn undelete(store: &mut PgConnection, id: TenantId) -> Result<OperationKind, ChangeError> {
    let row = sqlx::query!(
        "SELECT returns_to, purge_began_at IS NOT NULL AS \"purging!\" FROM control.tenants WHERE id = $1",
        id.as_uuid(),
    )
    .fetch_one(&mut *store)
    .await?;
    if row.purging {
        return Err(ChangeError::Purging);
    }
    if row.returns_to.as_deref() != Some(TenantState::Provisioning.as_str()) {
        return Ok(OperationKind::Undelete);
    }
    sqlx::query!(
        "UPDATE control.tenants SET state = returns_to, returns_to = NULL, purge_at = NULL WHERE id = $1",
        id.as_uuid(),
    )
    .execute(store)
    .await?;
    Ok(OperationKind::Provision)
}
