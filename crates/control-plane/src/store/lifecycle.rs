//! What leads a tenant from one state of its life to the next, and whose time is up.

use sqlx::{PgConnection, PgTransaction};
use tenant_registry::TenantId;
use time::Duration;
use uuid::Uuid;

use super::begin::{Committed, found, lead, locked, told};
use super::operations::running;
use super::{Store, StoreError, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::lifecycle::{ChangeError, DEFAULT_GRACE, Move, Transition};
use crate::operation::OperationKind;
use crate::tenant::{Tenant, TenantState};

impl Store {
    /// Begins what leads a tenant to another state, if it is at this revision still. What is refused changes at once;
    /// what is allowed, when the data cluster is ready for it.
    pub(crate) async fn transition(
        &self,
        actor: &Actor,
        id: TenantId,
        transition: Transition,
        revision: Option<i64>,
        operation: Uuid,
    ) -> Result<Committed, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = locked(&mut transaction, id, revision).await?;
        let under_way = running(&mut *transaction, id)
            .await?
            .map(|operation| operation.kind);
        match transition.from(before.state) {
            Move::Go if under_way == Some(transition.kind()) => {
                // Asked twice, while the first is under way.
                return noted(transaction, actor, &before, before.clone(), transition).await;
            }
            // It is there, and about to leave again: that is stopped.
            Move::Already if under_way.is_some_and(|kind| transition.turns(kind)) => {}
            Move::Go => {}
            Move::Already => {
                if let Transition::Offboard { grace: Some(grace) } = transition
                    && before.state == TenantState::Offboarding
                {
                    return put_off(transaction, actor, before, grace).await;
                }
                return noted(transaction, actor, &before, before.clone(), transition).await;
            }
            Move::Refused => return Err(ChangeError::State(before.state)),
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
            Transition::Purge => note_purge(&mut transaction, id).await?,
        }
        let (action, before) = (transition.action(), Some(&before));
        let committed = lead(&mut transaction, actor, action, id, before, kind, operation).await?;
        transaction.commit().await?;
        Ok(committed)
    }

    /// Begins the purge of a tenant whose grace period is over, if that still is so. Nobody drives it yet.
    pub(crate) async fn begin_due_purge(&self, actor: &Actor, id: TenantId) -> Result<bool, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = locked(&mut transaction, id, None).await?;
        // It was undeleted, or deleted anew, since it was looked for.
        if !is_due(&mut transaction, id).await? {
            return Ok(false);
        }
        note_purge(&mut transaction, id).await?;
        let (action, kind) = (Transition::Purge.action(), OperationKind::Purge);
        lead(
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

    /// Up to `limit` deleted tenants whose grace period is over and whose purge has not begun. Those are left alone whose
    /// sessions are still being ended: who waits for that is to see it succeed.
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

/// Whether the tenant's time is up, and nobody is bringing it back, or deleting it still.
async fn is_due(store: &mut PgConnection, id: TenantId) -> Result<bool, StoreError> {
    let due = sqlx::query_scalar!(
        r#"SELECT state = 'offboarding' AND purge_at <= now() AND purge_began_at IS NULL AS "due!"
         FROM control.tenants WHERE id = $1"#,
        id.as_uuid(),
    )
    .fetch_one(&mut *store)
    .await?;
    let running = running(store, id).await?;
    let busy = [OperationKind::Undelete, OperationKind::Offboard];
    Ok(due && running.is_none_or(|operation| !busy.contains(&operation.kind)))
}

/// A tenant that is deleted already is given another time, unless its rows are going.
async fn put_off(
    mut transaction: PgTransaction<'_>,
    actor: &Actor,
    before: Tenant,
    grace: Duration,
) -> Result<Committed, ChangeError> {
    let put_off = sqlx::query!(
        "UPDATE control.tenants SET purge_at = now() + $2 * interval '1 second'
         WHERE id = $1 AND purge_began_at IS NULL",
        before.id.as_uuid(),
        grace.as_seconds_f64(),
    )
    .execute(&mut *transaction)
    .await?;
    if put_off.rows_affected() == 0 {
        return Err(ChangeError::Purging);
    }
    let tenant = found(&mut transaction, before.id).await?;
    let transition = Transition::Offboard { grace: Some(grace) };
    noted(transaction, actor, &before, tenant, transition).await
}

/// Notes what was asked for where no operation is begun for it: it was there already, or what leads there runs.
async fn noted(
    mut transaction: PgTransaction<'_>,
    actor: &Actor,
    before: &Tenant,
    tenant: Tenant,
    transition: Transition,
) -> Result<Committed, ChangeError> {
    let operation = running(&mut *transaction, tenant.id).await?;
    let entry = AuditEntry::done(actor, transition.action()).tenant(tenant.id);
    let entry = entry.changed(Some(told(before)), Some(told(&tenant)));
    audit::append(&mut *transaction, &entry).await?;
    transaction.commit().await?;
    Ok(Committed {
        tenant,
        operation: operation.filter(|operation| operation.kind == transition.kind()),
    })
}

/// Notes that the tenant's rows go from now on, whatever time it had left. Nothing leads back.
async fn note_purge(store: &mut PgConnection, id: TenantId) -> Result<(), StoreError> {
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

/// A tenant that was deleted while it was being made goes on being made; any other has its login opened first.
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
