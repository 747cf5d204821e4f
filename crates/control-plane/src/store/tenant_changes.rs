//! Changes of a tenant's properties by operators.

use sqlx::PgConnection;
use tenant_registry::TenantId;

use super::change_error::{ChangeError, Taken};
use super::error::StoreError;
use super::plans::change::violates_plan_reference;
use super::start_operation::{audited, existing_tenant, lock_tenant};
use super::tenants::TenantFilter;
use super::{Store, audit};
use crate::actor::Actor;
use crate::audit::AuditEntry;
use crate::audit::action::AuditAction;
use crate::plan::json::overrides_json;
use crate::tenant::external_id::ExternalId;
use crate::tenant::limits::Limits;
use crate::tenant::metadata::MetadataError;
use crate::tenant::name::TenantName;
use crate::tenant::revisions::Revisions;
use crate::tenant::state::TenantState;
use crate::tenant::{Tenant, TenantChange};

/// Bounds of tenants' limits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LimitBounds {
    /// The maximum of connections of a tenant without a limit of its own.
    pub(crate) default_max: u32,
    /// The maximum of connections reserved for all tenants together; `None` where it is not known.
    pub(crate) most_reserved: Option<u32>,
}

impl Store {
    /// Changes a tenant if it is still at this revision.
    pub(crate) async fn change_tenant(
        &self,
        actor: &Actor,
        id: TenantId,
        change: &TenantChange,
        revisions: &Revisions,
        bounds: LimitBounds,
    ) -> Result<Tenant, ChangeError> {
        let mut transaction = self.pool.begin().await?;
        let before = lock_tenant(&mut transaction, id, revisions).await?;
        if before.state == TenantState::Purged {
            return Err(ChangeError::State(before.state));
        }
        let after = apply(&before, change)?;
        // Unchanged limits are not checked: the default may have been another when they were set.
        if after.limits != before.limits {
            let limits = after.limits.checked(bounds.default_max);
            limits.map_err(|wrong| ChangeError::Limits(wrong.to_string()))?;
        }
        let entry = AuditEntry::done(actor, AuditAction::TenantChange).tenant(id);
        if after == before {
            let entry = entry.changed(Some(audited(&before)), Some(audited(&before)));
            audit::append(&mut *transaction, &entry).await?;
            transaction.commit().await?;
            return Ok(before);
        }
        if after.limits.reserved_connections > before.limits.reserved_connections
            && let Some(most) = bounds.most_reserved
        {
            check_reservation(&mut transaction, id, after.limits, most).await?;
        }
        let updated = sqlx::query!(
            "UPDATE control.tenants
             SET name = $2, external_id = $3, metadata = $4, max_connections = $5, reserved_connections = $6,
                plan = $7, limit_overrides = $8
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
            after.plan.as_str(),
            overrides_json(after.overrides),
        )
        .execute(&mut *transaction)
        .await;
        if let Err(error) = updated {
            let taken = error
                .as_database_error()
                .is_some_and(sqlx::error::DatabaseError::is_unique_violation);
            transaction.rollback().await?;
            return Err(if violates_plan_reference(&error) {
                ChangeError::Plan(after.plan)
            } else if taken {
                let external_id = after.external_id.as_ref();
                ChangeError::Taken(self.which_is_taken(id, &after.name, external_id).await?)
            } else {
                error.into()
            });
        }
        let after = existing_tenant(&mut transaction, id).await?;
        let entry = entry.changed(Some(audited(&before)), Some(audited(&after)));
        audit::append(&mut *transaction, &entry).await?;
        transaction.commit().await?;
        Ok(after)
    }

    /// What another tenant has of a tenant that violates a unique index. If it has neither in this form, its name looks
    /// the same in another form of Unicode.
    pub(crate) async fn which_is_taken(
        &self,
        id: TenantId,
        name: &TenantName,
        external_id: Option<&ExternalId>,
    ) -> Result<Taken, StoreError> {
        let named = self.tenant_named(name).await?;
        if named.is_some_and(|other| other.id != id) {
            return Ok(Taken::Name);
        }
        let Some(external_id) = external_id else {
            return Ok(Taken::Name);
        };
        let filter = TenantFilter {
            external_id: Some(external_id.as_str().to_owned()),
            ..TenantFilter::default()
        };
        let owner = self.tenants(&filter, None, 1).await?;
        Ok(if owner.iter().any(|owner| owner.id != id) {
            Taken::ExternalId
        } else {
            Taken::Name
        })
    }
}

/// Checks that the reservation fits beside those of other tenants. Concurrent checks wait until this transaction ends.
pub(super) async fn check_reservation(
    store: &mut PgConnection,
    id: TenantId,
    wanted: Limits,
    most: u32,
) -> Result<(), ChangeError> {
    // A separate statement: the sum must see what was committed while this one waited.
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

fn apply(before: &Tenant, change: &TenantChange) -> Result<Tenant, MetadataError> {
    let mut after = before.clone();
    if let Some(name) = &change.name {
        after.name = name.clone();
    }
    if let Some(external_id) = &change.external_id {
        after.external_id.clone_from(external_id);
    }
    if let Some(metadata) = &change.metadata {
        after.metadata = metadata.applied_to(&before.metadata)?;
    }
    if let Some(max) = change.max_connections {
        after.limits.max_connections = max;
    }
    if let Some(reserved) = change.reserved_connections {
        after.limits.reserved_connections = reserved;
    }
    if let Some(plan) = &change.plan {
        after.plan = plan.clone();
    }
    if let Some(overrides) = change.overrides {
        after.overrides = overrides;
    }
    Ok(after)
}
