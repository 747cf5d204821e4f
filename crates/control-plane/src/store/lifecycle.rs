//! Changes of tenants, each in one transaction with the operation that it starts and its entry in the audit log.

use serde_json::{Value, json};
use sqlx::{PgConnection, PgTransaction};
use tenant_registry::TenantId;
use uuid::Uuid;

use super::operations::running;
use super::tenants::{tenant, tenants};
use super::{Lease, Store, StoreError, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::lifecycle::{ChangeError, Move, Taken, Transition};
use crate::operation::{Operation, OperationKind};
use crate::tenant::{ExternalId, Limits, NewTenant, Tenant, TenantChange, TenantState};
use crate::vault::Minted;

/// What was committed.
pub(crate) struct Committed {
    /// The tenant as it is now.
    pub(crate) tenant: Tenant,
    /// What leads it on; `None` when nothing is to be done.
    pub(crate) operation: Option<Operation>,
}

/// What of a tenant stands in the audit log.
fn told(tenant: &Tenant) -> Value {
    json!({
        "name": tenant.name,
        "external_id": tenant.external_id,
        "metadata": tenant.metadata,
        "limits": tenant.limits,
        "state": tenant.state,
    })
}

impl Store {
    /// Commits a tenant as provisioning, with its key, the password of its first login and the operation that goes
    /// on from there. `None`, and nothing is written, when its id, its name or its external id is taken.
    pub(crate) async fn insert_tenant(
        &self,
        actor: &Actor,
        id: TenantId,
        new: &NewTenant,
        minted: &Minted,
        most_reserved: Option<u32>,
        lease: Lease,
    ) -> Result<Option<Committed>, ChangeError> {
        let uuid = id.as_uuid();
        let mut transaction = self.pool.begin().await?;
        if new.limits.reserved_connections > 0
            && let Some(most) = most_reserved
        {
            reservable(&mut transaction, id, new.limits, most).await?;
        }
        let inserted = sqlx::query!(
            "INSERT INTO control.tenants (id, name, external_id, metadata, max_connections, reserved_connections)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT DO NOTHING",
            uuid,
            new.name.as_str(),
            new.external_id.as_ref().map(ExternalId::as_str),
            new.metadata.to_value(),
            new.limits.max_connections.and_then(|max| i32::try_from(max).ok()),
            i32::try_from(new.limits.reserved_connections).unwrap_or(i32::MAX),
        )
        .execute(&mut *transaction)
        .await?;
        if inserted.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(None);
        }
        sqlx::query!(
            "INSERT INTO control.tenant_keys (tenant_id, wrapped_dek) VALUES ($1, $2)",
            uuid,
            minted.wrapped_dek
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO control.tenant_credentials (tenant_id, slot, version, sealed_password)
             VALUES ($1, 'a', $2, $3)",
            uuid,
            super::FIRST_VERSION,
            minted.sealed_password,
        )
        .execute(&mut *transaction)
        .await?;
        let operation = begin(&mut transaction, actor, id, OperationKind::Provision, lease).await?;
        let tenant = found(&mut transaction, id).await?;
        let entry = AuditEntry::done(actor, "tenant.create").tenant(id);
        audit::append(&mut *transaction, &entry.changed(None, Some(told(&tenant)))).await?;
        transaction.commit().await?;
        Ok(Some(Committed {
            tenant,
            operation: Some(operation),
        }))
    }

    /// Changes what an operator may say of a tenant, if it is at this revision still.
    pub(crate) async fn change_tenant(
        &self,
        actor: &Actor,
        id: TenantId,
        change: &TenantChange,
        revision: Option<i64>,
        most_reserved: Option<u32>,
    ) -> Result<Tenant, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = locked(&mut transaction, id, revision).await?;
        if before.state == TenantState::Purged {
            return Err(ChangeError::State(before.state));
        }
        let after = changed(&before, change);
        let limits = after.limits.checked();
        limits.map_err(|wrong| ChangeError::Limits(wrong.to_string()))?;
        let entry = AuditEntry::done(actor, "tenant.change").tenant(id);
        if after == before {
            let entry = entry.changed(Some(told(&before)), Some(told(&before)));
            audit::append(&mut *transaction, &entry).await?;
            transaction.commit().await?;
            return Ok(before);
        }
        if after.limits.reserved_connections > before.limits.reserved_connections
            && let Some(most) = most_reserved
        {
            reservable(&mut transaction, id, after.limits, most).await?;
        }
        let updated = sqlx::query!(
            "UPDATE control.tenants
             SET name = $2, external_id = $3, metadata = $4, max_connections = $5, reserved_connections = $6
             WHERE id = $1",
            id.as_uuid(),
            after.name.as_str(),
            after.external_id.as_ref().map(ExternalId::as_str),
            after.metadata.to_value(),
            after
                .limits
                .max_connections
                .and_then(|max| i32::try_from(max).ok()),
            i32::try_from(after.limits.reserved_connections).unwrap_or(i32::MAX),
        )
        .execute(&mut *transaction)
        .await;
        if let Err(error) = updated {
            let taken = error
                .as_database_error()
                .is_some_and(sqlx::error::DatabaseError::is_unique_violation);
            transaction.rollback().await?;
            return Err(if taken {
                ChangeError::Taken(self.which_is_taken(id, &after).await?)
            } else {
                error.into()
            });
        }
        let after = found(&mut transaction, id).await?;
        let entry = entry.changed(Some(told(&before)), Some(told(&after)));
        audit::append(&mut *transaction, &entry).await?;
        transaction.commit().await?;
        Ok(after)
    }

    async fn which_is_taken(&self, id: TenantId, wanted: &Tenant) -> Result<Taken, StoreError> {
        let named = self.tenant_named(&wanted.name).await?;
        Ok(match named {
            Some(other) if other.id != id => Taken::Name,
            _ => Taken::ExternalId,
        })
    }

    /// Begins what leads a tenant to another state, if it is at this revision still. What is refused changes at once;
    /// what is allowed, when the data cluster is ready for it.
    pub(crate) async fn transition(
        &self,
        actor: &Actor,
        id: TenantId,
        transition: Transition,
        revision: Option<i64>,
        lease: Lease,
    ) -> Result<Committed, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = locked(&mut transaction, id, revision).await?;
        let under_way = running(&mut *transaction, id)
            .await?
            .map(|operation| operation.kind);
        match transition.from(before.state) {
            Move::Go if under_way == Some(transition.kind()) => {
                // Asked twice, while the first is under way.
                return already(transaction, actor, before, transition).await;
            }
            // It is there, and about to leave again: that is stopped.
            Move::Already if under_way.is_some_and(|kind| transition.turns(kind)) => {}
            Move::Go => {}
            Move::Already => return already(transaction, actor, before, transition).await,
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
                    grace.as_seconds_f64(),
                )
                .execute(&mut *transaction)
                .await?;
            }
            Transition::Undelete => kind = undelete(&mut transaction, id).await?,
            Transition::Purge => {
                let committed = begin_purge(&mut transaction, actor, &before, lease).await?;
                transaction.commit().await?;
                return Ok(committed);
            }
        }
        let operation = begin(&mut transaction, actor, id, kind, lease).await?;
        let tenant = found(&mut transaction, id).await?;
        let entry = AuditEntry::done(actor, transition.action()).tenant(id);
        let entry = entry.changed(Some(told(&before)), Some(told(&tenant)));
        audit::append(&mut *transaction, &entry).await?;
        transaction.commit().await?;
        Ok(Committed {
            tenant,
            operation: Some(operation),
        })
    }

    /// Begins the purge of a tenant whose grace period is over, if that still is so. Nobody drives it yet.
    pub(crate) async fn begin_due_purge(&self, actor: &Actor, id: TenantId) -> Result<bool, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = locked(&mut transaction, id, None).await?;
        // It was undeleted, or deleted anew, since it was looked for.
        if !is_due(&mut transaction, id).await? {
            return Ok(false);
        }
        begin_purge(&mut transaction, actor, &before, fresh_operation()).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Up to `limit` deleted tenants whose grace period is over and whose purge has not begun.
    pub(crate) async fn due_for_purge(&self, limit: i64) -> Result<Vec<TenantId>, StoreError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM control.tenants
             WHERE purge_at <= now() AND purge_began_at IS NULL
                AND NOT EXISTS (
                    SELECT FROM control.operations
                    WHERE tenant_id = tenants.id AND state = 'running' AND kind = 'undelete'
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

/// Whether the tenant's time is up, and nobody is bringing it back.
async fn is_due(store: &mut PgConnection, id: TenantId) -> Result<bool, StoreError> {
    let due = sqlx::query_scalar!(
        r#"SELECT state = 'offboarding' AND purge_at <= now() AND purge_began_at IS NULL AS "due!"
         FROM control.tenants WHERE id = $1"#,
        id.as_uuid(),
    )
    .fetch_one(&mut *store)
    .await?;
    let running = running(store, id).await?;
    Ok(due && running.is_none_or(|operation| operation.kind != OperationKind::Undelete))
}

/// Nothing is to be done, or is being done already: that it was asked for is noted all the same.
async fn already(
    mut transaction: PgTransaction<'_>,
    actor: &Actor,
    tenant: Tenant,
    transition: Transition,
) -> Result<Committed, ChangeError> {
    let operation = running(&mut *transaction, tenant.id).await?;
    let entry = AuditEntry::done(actor, transition.action()).tenant(tenant.id);
    let entry = entry.changed(Some(told(&tenant)), Some(told(&tenant)));
    audit::append(&mut *transaction, &entry).await?;
    transaction.commit().await?;
    Ok(Committed {
        tenant,
        operation: operation.filter(|operation| operation.kind == transition.kind()),
    })
}

/// Notes that the tenant's rows go from now on, and starts the operation. Nothing leads back.
async fn begin_purge(
    store: &mut PgConnection,
    actor: &Actor,
    before: &Tenant,
    lease: Lease,
) -> Result<Committed, ChangeError> {
    let id = before.id;
    sqlx::query!(
        "UPDATE control.tenants SET purge_began_at = coalesce(purge_began_at, now()) WHERE id = $1",
        id.as_uuid(),
    )
    .execute(&mut *store)
    .await?;
    let operation = begin(store, actor, id, OperationKind::Purge, lease).await?;
    let tenant = found(store, id).await?;
    let entry = AuditEntry::done(actor, Transition::Purge.action()).tenant(id);
    let entry = entry.changed(Some(told(before)), Some(told(&tenant)));
    audit::append(store, &entry).await?;
    Ok(Committed {
        tenant,
        operation: Some(operation),
    })
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

/// The tenant, which nobody else changes until the transaction ends.
pub(super) async fn locked(
    store: &mut PgConnection,
    id: TenantId,
    revision: Option<i64>,
) -> Result<Tenant, ChangeError> {
    let row = tenants!("WHERE id = $1 FOR NO KEY UPDATE", id.as_uuid())
        .fetch_optional(store)
        .await?;
    let tenant = row.map(Tenant::try_from).transpose()?;
    let tenant = tenant.ok_or(ChangeError::Unknown(id))?;
    match revision {
        Some(revision) if revision != tenant.revision => Err(ChangeError::Revision(tenant.revision)),
        _ => Ok(tenant),
    }
}

async fn found(store: &mut PgConnection, id: TenantId) -> Result<Tenant, StoreError> {
    tenant(store, id).await?.ok_or(StoreError::Invalid("tenant"))
}

/// Whether so much can be reserved beside what the others have.
async fn reservable(
    store: &mut PgConnection,
    id: TenantId,
    wanted: Limits,
    most: u32,
) -> Result<(), ChangeError> {
    let others = sqlx::query_scalar!(
        r#"SELECT coalesce(sum(reserved_connections), 0) AS "sum!" FROM control.tenants WHERE id <> $1"#,
        id.as_uuid(),
    )
    .fetch_one(store)
    .await?;
    let left = i64::from(most) - others;
    if i64::from(wanted.reserved_connections) > left {
        let left = left.max(0);
        return Err(ChangeError::Limits(format!(
            "must be at most {left}: the rest of the budget is reserved for others"
        )));
    }
    Ok(())
}

/// Starts an operation, in place of the one that runs.
async fn begin(
    store: &mut PgConnection,
    actor: &Actor,
    tenant: TenantId,
    kind: OperationKind,
    lease: Lease,
) -> Result<Operation, StoreError> {
    sqlx::query!(
        "UPDATE control.operations SET state = 'superseded', finished_at = now(), updated_at = now()
         WHERE tenant_id = $1 AND state = 'running'",
        tenant.as_uuid(),
    )
    .execute(&mut *store)
    .await?;
    sqlx::query!(
        "INSERT INTO control.operations (id, tenant_id, kind, actor) VALUES ($1, $2, $3, $4)",
        lease.operation,
        tenant.as_uuid(),
        kind.as_str(),
        actor.name,
    )
    .execute(&mut *store)
    .await?;
    let operation = super::operations::operation(store, lease.operation).await?;
    operation.ok_or(StoreError::Invalid("operation"))
}

fn changed(before: &Tenant, change: &TenantChange) -> Tenant {
    let mut after = before.clone();
    if let Some(name) = &change.name {
        after.name = name.clone();
    }
    if let Some(external_id) = &change.external_id {
        after.external_id.clone_from(external_id);
    }
    if let Some(metadata) = &change.metadata {
        after.metadata = metadata.clone();
    }
    if let Some(max) = change.max_connections {
        after.limits.max_connections = max;
    }
    if let Some(reserved) = change.reserved_connections {
        after.limits.reserved_connections = reserved;
    }
    after
}

/// The id of an operation that is about to be started.
pub(crate) fn fresh_operation() -> Lease {
    Lease {
        operation: Uuid::now_v7(),
        holder: Uuid::new_v4(),
    }
}
