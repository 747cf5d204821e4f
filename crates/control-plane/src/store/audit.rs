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

    /// Removes up to `most` entries that are older than so many days, but none of the last 30; returns how many.
    /// Several replicas may do it at once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn trim_audit_log(&self, days: u32, most: u32) -> Result<u64, StoreError> {
        let limit = |number: u32| i32::try_from(number).unwrap_or(i32::MAX);
        let trimmed = sqlx::query_scalar!(
            r#"SELECT control.trim_audit_log($1, $2) AS "trimmed!""#,
            limit(days),
            limit(most),
        )
        .fetch_one(&self.pool)
        .await?;
        Ok(trimmed.unsigned_abs())
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
        entry.before.as_ref(),
        entry.after.as_ref(),
    )
    .execute(store)
    .await?;
    Ok(())
}
