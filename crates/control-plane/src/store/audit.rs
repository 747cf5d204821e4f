//! `control.audit_log`

mod list;

use sqlx::PgExecutor;
use tenant_registry::TenantId;

pub use list::{AuditFilter, AuditRecord};

use super::{Store, StoreError};
use crate::actor::Role;
use crate::audit::AuditEntry;

impl Store {
    /// Writes an entry by itself, for what changed nothing: an attempt that was refused or failed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn audit(&self, entry: &AuditEntry<'_>) -> Result<(), StoreError> {
        Ok(append(&self.pool, entry).await?)
    }
}

/// Writes an entry, within the transaction of what it tells of: neither is there without the other.
pub(crate) async fn append(store: impl PgExecutor<'_>, entry: &AuditEntry<'_>) -> Result<(), sqlx::Error> {
    let actor = entry.actor;
    sqlx::query!(
        "INSERT INTO control.audit_log
            (actor, token_id, role, source, request_id, action, outcome, code, tenant_id, target, before, after)
         VALUES ($1, $2, $3, $4::text::inet, $5, $6, $7, $8, $9, $10, $11, $12)",
        actor.name,
        actor.token,
        actor.role.map(Role::as_str),
        actor.source.map(|source| source.to_string()),
        actor.request_id,
        entry.action,
        entry.outcome.as_str(),
        entry.code,
        entry.tenant.map(TenantId::as_uuid),
        entry.target,
        entry.before,
        entry.after,
    )
    .execute(store)
    .await?;
    Ok(())
}
