//! Changes of what operators may say of a tenant.

use sqlx::PgConnection;
use tenant_registry::TenantId;

use super::begin::{found, locked, told};
use super::{Store, StoreError, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::lifecycle::{ChangeError, Taken};
use crate::tenant::{ExternalId, Limits, Tenant, TenantChange, TenantState};

/// What the service sets tenants' limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    /// The most connections of a tenant that has no limit of its own.
    pub(crate) default_max: u32,
    /// The most connections that are reserved for all tenants together; `None` where that is not known.
    pub(crate) most_reserved: Option<u32>,
}

impl Store {
    /// Changes what an operator may say of a tenant, if it is at this revision still.
    pub(crate) async fn change_tenant(
        &self,
        actor: &Actor,
        id: TenantId,
        change: &TenantChange,
        revision: Option<i64>,
        bounds: Bounds,
    ) -> Result<Tenant, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = locked(&mut transaction, id, revision).await?;
        if before.state == TenantState::Purged {
            return Err(ChangeError::State(before.state));
        }
        let after = changed(&before, change);
        // What stands in the store already may be from a time when the default was another.
        if after.limits != before.limits {
            let limits = after.limits.checked(bounds.default_max);
            limits.map_err(|wrong| ChangeError::Limits(wrong.to_string()))?;
        }
        let entry = AuditEntry::done(actor, "tenant.change").tenant(id);
        if after == before {
            let entry = entry.changed(Some(told(&before)), Some(told(&before)));
            audit::append(&mut *transaction, &entry).await?;
            transaction.commit().await?;
            return Ok(before);
        }
        if after.limits.reserved_connections > before.limits.reserved_connections
            && let Some(most) = bounds.most_reserved
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
            after.metadata.json(),
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
}

/// Whether so much can be reserved beside what the others have. Whoever else asks waits until this transaction ends.
pub(super) async fn reservable(
    store: &mut PgConnection,
    id: TenantId,
    wanted: Limits,
    most: u32,
) -> Result<(), ChangeError> {
    // A statement of its own: the sum has to see what was committed while this one waited.
    sqlx::query!("SELECT FROM control.reservation_turn FOR UPDATE")
        .fetch_one(&mut *store)
        .await?;
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
