//! Start of an operation, within one transaction: lock the tenant, insert the operation, append to the audit log.

use pg_timestamp::Timestamp;
use serde::Serialize;
use sqlx::PgConnection;
use tenant_registry::TenantId;
use uuid::Uuid;

use super::audit;
use super::change_error::ChangeError;
use super::error::StoreError;
use super::operations::operation_by_id;
use super::tenants::{tenant_by_id, tenants};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::audit::action::AuditAction;
use crate::json::JsonText;
use crate::operation::{Operation, OperationKind};
use crate::plan::json::overrides_json;
use crate::plan::name::PlanName;
use crate::tenant::Tenant;
use crate::tenant::external_id::ExternalId;
use crate::tenant::limits::Limits;
use crate::tenant::metadata::Metadata;
use crate::tenant::name::TenantName;
use crate::tenant::revisions::Revisions;
use crate::tenant::state::TenantState;

/// A committed change of a tenant.
pub(crate) struct CommittedChange {
    /// The tenant after the change.
    pub(crate) tenant: Tenant,
    /// The operation that completes the change; `None` when there is nothing to do.
    pub(crate) operation: Option<Operation>,
}

/// The fields of a tenant in the audit log.
#[derive(Serialize)]
struct AuditedTenant<'a> {
    name: &'a TenantName,
    external_id: Option<&'a ExternalId>,
    metadata: &'a Metadata,
    limits: Limits,
    plan: &'a PlanName,
    limit_overrides: JsonText,
    state: TenantState,
    purge_at: Option<Timestamp>,
}

/// The tenant as JSON for the audit log.
pub(super) fn audited(tenant: &Tenant) -> JsonText {
    JsonText::of(&AuditedTenant {
        name: &tenant.name,
        external_id: tenant.external_id.as_ref(),
        metadata: &tenant.metadata,
        limits: tenant.limits,
        plan: &tenant.plan,
        limit_overrides: overrides_json(tenant.overrides),
        state: tenant.state,
        purge_at: tenant.purge_at,
    })
}

/// Starts an operation, which supersedes the running one, and audits the change from the tenant as it was `before`.
pub(super) async fn start_operation(
    store: &mut PgConnection,
    actor: &Actor,
    action: AuditAction,
    id: TenantId,
    before: Option<&Tenant>,
    kind: OperationKind,
    operation: Uuid,
) -> Result<CommittedChange, StoreError> {
    let operation = insert_operation(store, actor, id, kind, operation).await?;
    let tenant = existing_tenant(store, id).await?;
    let entry = AuditEntry::done(actor, action).tenant(id);
    let entry = entry.changed(before.map(audited), Some(audited(&tenant)));
    audit::append(store, &entry).await?;
    Ok(CommittedChange {
        tenant,
        operation: Some(operation),
    })
}

/// Inserts an operation, and marks the running one as superseded.
async fn insert_operation(
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
    let started = operation_by_id(store, operation).await?;
    started.ok_or(StoreError::Invalid("operation"))
}

/// Locks the tenant until the transaction ends, if it is at one of these revisions.
pub(super) async fn lock_tenant(
    store: &mut PgConnection,
    id: TenantId,
    revisions: &Revisions,
) -> Result<Tenant, ChangeError> {
    let row = tenants!("WHERE id = $1 FOR NO KEY UPDATE", id.as_uuid())
        .fetch_optional(store)
        .await?;
    let tenant = row.map(Tenant::try_from).transpose()?;
    let tenant = tenant.ok_or(ChangeError::Unknown(id))?;
    if !revisions.contain(tenant.revision) {
        return Err(ChangeError::Revision(tenant.revision));
    }
    Ok(tenant)
}

/// The tenant, which must exist.
pub(super) async fn existing_tenant(store: &mut PgConnection, id: TenantId) -> Result<Tenant, StoreError> {
    tenant_by_id(store, id)
        .await?
        .ok_or(StoreError::Invalid("tenant"))
}
