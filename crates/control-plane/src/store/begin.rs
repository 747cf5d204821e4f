//! What every change of a tenant's life is made of: the tenant, locked; the operation that is started; the entry in the
//! audit log. All of it is one transaction.

use pg_timestamp::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;
use tenant_registry::TenantId;
use uuid::Uuid;

use super::tenants::{tenant, tenants};
use super::{StoreError, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::json::JsonText;
use crate::lifecycle::ChangeError;
use crate::operation::{Operation, OperationKind};
use crate::tenant::{ExternalId, Limits, Metadata, Tenant, TenantName, TenantState};

/// What was committed.
pub(crate) struct Committed {
    /// The tenant as it is now.
    pub(crate) tenant: Tenant,
    /// What leads it on; `None` when nothing is to be done.
    pub(crate) operation: Option<Operation>,
}

/// What of a tenant stands in the audit log.
#[derive(Serialize)]
struct Told<'a> {
    name: &'a TenantName,
    external_id: Option<&'a ExternalId>,
    metadata: &'a Metadata,
    limits: Limits,
    state: TenantState,
    purge_at: Option<Timestamp>,
}

pub(super) fn told(tenant: &Tenant) -> JsonText {
    JsonText::of(&Told {
        name: &tenant.name,
        external_id: tenant.external_id.as_ref(),
        metadata: &tenant.metadata,
        limits: tenant.limits,
        state: tenant.state,
        purge_at: tenant.purge_at,
    })
}

/// Starts an operation that leads the tenant on from how it was `before`, in place of the one that runs, and notes it.
pub(super) async fn lead(
    store: &mut PgConnection,
    actor: &Actor,
    action: &str,
    id: TenantId,
    before: Option<&Tenant>,
    kind: OperationKind,
    operation: Uuid,
) -> Result<Committed, StoreError> {
    let operation = begin(store, actor, id, kind, operation).await?;
    let tenant = found(store, id).await?;
    let entry = AuditEntry::done(actor, action).tenant(id);
    let entry = entry.changed(before.map(told), Some(told(&tenant)));
    audit::append(store, &entry).await?;
    Ok(Committed {
        tenant,
        operation: Some(operation),
    })
}

/// Starts an operation, in place of the one that runs.
async fn begin(
    store: &mut PgConnection,
    actor: &Actor,
    tenant: TenantId,
    kind: OperationKind,
    operation: Uuid,
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
        operation,
        tenant.as_uuid(),
        kind.as_str(),
        actor.name,
    )
    .execute(&mut *store)
    .await?;
    let started = super::operations::operation(store, operation).await?;
    started.ok_or(StoreError::Invalid("operation"))
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

pub(super) async fn found(store: &mut PgConnection, id: TenantId) -> Result<Tenant, StoreError> {
    tenant(store, id).await?.ok_or(StoreError::Invalid("tenant"))
}
