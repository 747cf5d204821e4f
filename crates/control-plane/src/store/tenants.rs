//! Queries on `control.tenants`.

use pg_timestamp::Timestamp;
use sqlx::PgExecutor;
use tenant_registry::TenantId;
use uuid::Uuid;

use super::Store;
use super::created_at::CreatedAt;
use super::error::StoreError;
use crate::json::JsonText;
use crate::plan::json::{overrides, plan_limits};
use crate::plan::name::PlanName;
use crate::tenant::Tenant;
use crate::tenant::external_id::ExternalId;
use crate::tenant::limits::Limits;
use crate::tenant::metadata::Metadata;
use crate::tenant::name::TenantName;
use crate::tenant::state::TenantState;

/// A row of `control.tenants`.
pub(super) struct TenantRow {
    pub(super) id: Uuid,
    pub(super) name: String,
    pub(super) external_id: Option<String>,
    pub(super) metadata: JsonText,
    pub(super) max_connections: Option<i32>,
    pub(super) reserved_connections: i32,
    pub(super) plan: String,
    /// The plan's row.
    pub(super) plan_row: JsonText,
    pub(super) limit_overrides: JsonText,
    pub(super) state: String,
    pub(super) version: i64,
    pub(super) revision: i64,
    pub(super) purge_at: Option<Timestamp>,
    pub(super) login_refused_at: Option<Timestamp>,
    pub(super) created_at: Timestamp,
    pub(super) updated_at: Timestamp,
}

impl TryFrom<TenantRow> for Tenant {
    type Error = StoreError;

    fn try_from(row: TenantRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id.into(),
            name: TenantName::stored(row.name),
            external_id: row.external_id.map(ExternalId::stored),
            metadata: Metadata::stored(row.metadata).ok_or(StoreError::Invalid("tenant's metadata"))?,
            limits: Limits {
                max_connections: row.max_connections.map(i32::unsigned_abs),
                reserved_connections: row.reserved_connections.unsigned_abs(),
            },
            plan: PlanName::stored(&row.plan),
            plan_limits: plan_limits(&row.plan_row).ok_or(StoreError::Invalid("plan's limits"))?,
            overrides: overrides(&row.limit_overrides)
                .ok_or(StoreError::Invalid("tenant's limit overrides"))?,
            state: TenantState::parse(&row.state).ok_or(StoreError::Invalid("tenant state"))?,
            version: row.version,
            revision: row.revision,
            purge_at: row.purge_at,
            login_refused_at: row.login_refused_at,
            created_at: row.created_at,
            updated_at: row.updated_at,
        })
    }
}

/// A query for tenants. The argument is the clause after the table's name.
macro_rules! tenants {
    ($which:tt $(, $argument:expr)* $(,)?) => {
        sqlx::query_as!(
            crate::store::tenants::TenantRow,
            r#"SELECT id, name, external_id, metadata, max_connections, reserved_connections, plan,
                (SELECT to_jsonb(plans) FROM control.plans WHERE plans.name = tenants.plan) AS "plan_row!",
                limit_overrides, state, version, revision, purge_at, login_refused_at, created_at, updated_at
             FROM control.tenants "# + $which
            $(, $argument)*
        )
    };
}
pub(super) use tenants;

/// Filter for a list of tenants. Purged ones are listed only by their state.
#[derive(Debug, Clone, Default)]
pub struct TenantFilter {
    /// In this state.
    pub state: Option<TenantState>,
    /// With this prefix of their name, case-sensitive, and in whatever form of Unicode either has.
    pub name_prefix: Option<String>,
    /// With this id in another system.
    pub external_id: Option<String>,
    /// With this plan.
    pub plan: Option<PlanName>,
}

/// The tenant, in any state.
pub(super) async fn tenant_by_id(
    store: impl PgExecutor<'_>,
    id: TenantId,
) -> Result<Option<Tenant>, StoreError> {
    let row = tenants!("WHERE id = $1", id.as_uuid())
        .fetch_optional(store)
        .await?;
    row.map(Tenant::try_from).transpose()
}

impl Store {
    /// The tenant, in any state; `None` if it never existed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenant(&self, id: TenantId) -> Result<Option<Tenant>, StoreError> {
        tenant_by_id(&self.pool, id).await
    }

    /// The tenant of this name. A purged tenant has no name.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenant_named(&self, name: &TenantName) -> Result<Option<Tenant>, StoreError> {
        let row = tenants!("WHERE name = $1 AND state <> 'purged'", name.as_str())
            .fetch_optional(&self.pool)
            .await?;
        row.map(Tenant::try_from).transpose()
    }

    /// Up to `limit` tenants in the order of their creation.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn tenants(
        &self,
        filter: &TenantFilter,
        after: Option<CreatedAt>,
        limit: i64,
    ) -> Result<Vec<Tenant>, StoreError> {
        let rows = tenants!(
            "WHERE (created_at, id) > (coalesce($1, '-infinity'::timestamptz), coalesce($2, '00000000-0000-0000-0000-000000000000'::uuid))
                AND CASE WHEN $3::text IS NULL THEN state <> 'purged' ELSE state = $3 END
                AND ($4::text IS NULL OR starts_with(normalize(name), normalize($4)))
                AND ($5::text IS NULL OR external_id = $5)
                AND ($6::text IS NULL OR plan = $6)
             ORDER BY created_at, id
             LIMIT $7",
            after.map(|after| after.created_at),
            after.map(|after| after.id),
            filter.state.map(TenantState::as_str),
            filter.name_prefix,
            filter.external_id,
            filter.plan.as_ref().map(PlanName::as_str),
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        rows.into_iter().map(Tenant::try_from).collect()
    }

    /// The oldest and the newest tenant that has a credential.
    pub(crate) async fn oldest_and_newest_tenant(&self) -> Result<Vec<TenantId>, StoreError> {
        let ids = sqlx::query_scalar!(
            r#"(SELECT id AS "id!" FROM control.tenants WHERE state <> 'purged' ORDER BY created_at, id LIMIT 1)
             UNION
             (SELECT id FROM control.tenants WHERE state <> 'purged' ORDER BY created_at DESC, id DESC LIMIT 1)"#
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(TenantId::new).collect())
    }
}
