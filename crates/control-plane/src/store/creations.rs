//! New tenants.

use tenant_registry::TenantId;
use uuid::Uuid;

use super::Store;
use super::begin::{Committed, lead};
use super::tenant_changes::reservable;
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
        let (action, kind) = ("tenant.create", OperationKind::Provision);
        let committed = lead(&mut transaction, actor, action, id, None, kind, operation).await?;
        transaction.commit().await?;
        Ok(Some(committed))
    }
}
