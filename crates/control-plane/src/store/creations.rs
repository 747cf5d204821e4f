//! Creation of tenants.

use tenant_registry::TenantId;
use uuid::Uuid;

use super::Store;
use super::change_error::ChangeError;
use super::credentials::{FIRST_VERSION, NewCredential};
use super::error::StoreError;
use super::plans::change::violates_plan_reference;
use super::start_operation::{CommittedChange, start_operation};
use super::tenant_changes::check_reservation;
use crate::actor::Actor;
use crate::audit::action::AuditAction;
use crate::operation::OperationKind;
use crate::plan::json::overrides_json;
use crate::tenant::NewTenant;
use crate::tenant::external_id::ExternalId;

impl Store {
    /// Commits a tenant as provisioning, with its key, its first password and its operation. `None`, and nothing is
    /// written, when its id, name or external id is taken.
    pub(crate) async fn insert_tenant(
        &self,
        actor: &Actor,
        id: TenantId,
        new: &NewTenant,
        credential: &NewCredential,
        most_reserved: Option<u32>,
        operation: Uuid,
    ) -> Result<Option<CommittedChange>, ChangeError> {
        let uuid = id.as_uuid();
        let mut transaction = self.pool.begin().await?;
        if new.limits.reserved_connections > 0
            && let Some(most) = most_reserved
        {
            check_reservation(&mut transaction, id, new.limits, most).await?;
        }
        let inserted = sqlx::query!(
            "INSERT INTO control.tenants
                (id, name, external_id, metadata, max_connections, reserved_connections, request, plan, limit_overrides)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
             ON CONFLICT DO NOTHING",
            uuid,
            new.name.as_str(),
            new.external_id.as_ref().map(ExternalId::as_str),
            new.metadata.json(),
            new.limits.max_connections.and_then(|max| i32::try_from(max).ok()),
            i32::try_from(new.limits.reserved_connections).unwrap_or(i32::MAX),
            new.request,
            new.plan.as_str(),
            overrides_json(new.overrides),
        )
        .execute(&mut *transaction)
        .await
        .map_err(|error| {
            if violates_plan_reference(&error) {
                ChangeError::Plan(new.plan.clone())
            } else {
                error.into()
            }
        })?;
        if inserted.rows_affected() == 0 {
            transaction.rollback().await?;
            return Ok(None);
        }
        sqlx::query!(
            "INSERT INTO control.tenant_keys (tenant_id, wrapped_dek) VALUES ($1, $2)",
            uuid,
            credential.wrapped_dek
        )
        .execute(&mut *transaction)
        .await?;
        sqlx::query!(
            "INSERT INTO control.tenant_credentials (tenant_id, slot, version, sealed_password)
             VALUES ($1, 'a', $2, $3)",
            uuid,
            FIRST_VERSION,
            credential.sealed_password,
        )
        .execute(&mut *transaction)
        .await?;
        let (action, kind) = (AuditAction::TenantCreate, OperationKind::Provision);
        let committed = start_operation(&mut transaction, actor, action, id, None, kind, operation).await?;
        transaction.commit().await?;
        Ok(Some(committed))
    }

    /// Compares the tenant of this id with a request. The store compares, by value: `1e17` equals
    /// `100000000000000000`.
    pub(crate) async fn match_request(
        &self,
        id: TenantId,
        new: &NewTenant,
    ) -> Result<Option<RequestMatch>, StoreError> {
        let found = sqlx::query_as!(
            RequestMatch,
            r#"SELECT
                name = $2 AND external_id IS NOT DISTINCT FROM $3 AND metadata = $4
                    AND max_connections IS NOT DISTINCT FROM $5 AND reserved_connections = $6
                    AND plan = $8 AND limit_overrides = $9 AS "as_asked!",
                coalesce($7 IN (id, request), false) AS "by_this_request!"
             FROM control.tenants WHERE id = $1"#,
            id.as_uuid(),
            new.name.as_str(),
            new.external_id.as_ref().map(ExternalId::as_str),
            new.metadata.json(),
            new.limits.max_connections.and_then(|max| i32::try_from(max).ok()),
            i32::try_from(new.limits.reserved_connections).unwrap_or(i32::MAX),
            new.request,
            new.plan.as_str(),
            overrides_json(new.overrides),
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(found)
    }
}

/// How an existing tenant compares with a request to create it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestMatch {
    /// It has all requested properties.
    pub(crate) as_asked: bool,
    /// This request has created it.
    pub(crate) by_this_request: bool,
}
