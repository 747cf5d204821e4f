//! The audit log: `control.audit_log`.

pub(crate) mod list;

use sqlx::PgExecutor;
use tenant_registry::TenantId;

use super::Store;
use super::error::StoreError;
use crate::actor::Role;
use crate::audit::AuditEntry;

impl Store {
    /// Appends an entry outside a change's transaction, for attempts that were refused or failed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn audit(&self, entry: &AuditEntry<'_>) -> Result<(), StoreError> {
        Ok(append(&self.pool, entry).await?)
    }

    /// Deletes up to `most` entries that are older than `days`, but none of the last 30 days, and returns their number.
    /// Safe to run in several replicas.
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

/// Appends an entry. Within the transaction of a change, both are committed or neither.
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
        entry.action.as_str(),
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
