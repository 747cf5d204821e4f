//! New tenants.

use tenant_registry::TenantId;
use uuid::Uuid;

use super::begin::{Committed, lead};
use super::tenant_changes::reservable;
use super::{Store, StoreError};
use crate::actor::Actor;
use crate::lifecycle::ChangeError;
use crate::operation::OperationKind;
use crate::tenant::{ExternalId, NewTenant};
use crate::vault::Minted;

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
        operation: Uuid,
    ) -> Result<Option<Committed>, ChangeError> {
        let uuid = id.as_uuid();
        let mut transaction = self.pool.begin().await?;
        if new.limits.reserved_connections > 0
            && let Some(most) = most_reserved
        {
            reservable(&mut transaction, id, new.limits, most).await?;
        }
        let inserted = sqlx::query!(
            "INSERT INTO control.tenants
                (id, name, external_id, metadata, max_connections, reserved_connections, request)
             VALUES ($1, $2, $3, $4, $5, $6, $7)
             ON CONFLICT DO NOTHING",
            uuid,
            new.name.as_str(),
            new.external_id.as_ref().map(ExternalId::as_str),
            new.metadata.json(),
            new.limits.max_connections.and_then(|max| i32::try_from(max).ok()),
            i32::try_from(new.limits.reserved_connections).unwrap_or(i32::MAX),
            new.request,
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
        let (action, kind) = ("tenant.create", OperationKind::Provision);
        let committed = lead(&mut transaction, actor, action, id, None, kind, operation).await?;
        transaction.commit().await?;
        Ok(Some(committed))
    }

    /// How the tenant of this id stands to what is asked for, if there is one. The store compares, by what things mean:
    /// to it `1e17` and `100000000000000000` are one number.
    pub(crate) async fn likeness(
        &self,
        id: TenantId,
        new: &NewTenant,
    ) -> Result<Option<Likeness>, StoreError> {
        let likeness = sqlx::query_as!(
            Likeness,
            r#"SELECT
                name = $2 AND external_id IS NOT DISTINCT FROM $3 AND metadata = $4
                    AND max_connections IS NOT DISTINCT FROM $5 AND reserved_connections = $6 AS "as_asked!",
                coalesce($7 IN (id, request), false) AS "by_this_request!"
             FROM control.tenants WHERE id = $1"#,
            id.as_uuid(),
            new.name.as_str(),
            new.external_id.as_ref().map(ExternalId::as_str),
            new.metadata.json(),
            new.limits.max_connections.and_then(|max| i32::try_from(max).ok()),
            i32::try_from(new.limits.reserved_connections).unwrap_or(i32::MAX),
            new.request,
        )
        .fetch_optional(&self.pool)
        .await?;
        Ok(likeness)
    }
}

/// How a tenant that is there stands to one that is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Likeness {
    /// It has all that is asked for.
    pub(crate) as_asked: bool,
    /// The very request that asks has made it.
    pub(crate) by_this_request: bool,
}
