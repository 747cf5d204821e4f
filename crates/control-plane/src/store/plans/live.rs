//! Plans and tenants' overrides, for the index in memory.

use std::collections::HashSet;

use futures_util::{Stream, TryStreamExt as _};
use sqlx::PgExecutor;
use tenant_limits::{Overrides, RequestLimits};
use tenant_registry::TenantId;
use uuid::Uuid;

use super::plans;
use crate::json::JsonText;
use crate::plan::Plan;
use crate::plan::json::overrides;
use crate::plan::name::PlanName;

/// The plan of a tenant, and what it overrides.
pub(crate) struct TenantRow {
    id: Uuid,
    plan: String,
    limit_overrides: JsonText,
}

/// What the index has of a tenant.
pub(crate) struct TenantPlanRow {
    pub(crate) tenant: TenantId,
    pub(crate) plan: PlanName,
    pub(crate) overrides: Overrides,
}

impl From<TenantRow> for TenantPlanRow {
    fn from(row: TenantRow) -> Self {
        Self {
            tenant: row.id.into(),
            plan: PlanName::stored(&row.plan),
            // The constraints allow no others.
            overrides: overrides(&row.limit_overrides).unwrap_or_default(),
        }
    }
}

/// All tenants but those that have the default plan as it is.
pub(crate) fn all_tenants<'e>(
    store: impl PgExecutor<'e> + 'e,
) -> impl Stream<Item = Result<TenantPlanRow, sqlx::Error>> + Send + 'e {
    sqlx::query_as!(
        TenantRow,
        "SELECT id, plan, limit_overrides FROM control.tenants WHERE plan <> 'default' OR limit_overrides <> '{}'"
    )
    .fetch(store)
    .map_ok(TenantPlanRow::from)
}

/// Those of these tenants that exist.
pub(crate) async fn tenants(
    store: impl PgExecutor<'_>,
    ids: &HashSet<TenantId>,
) -> Result<Vec<TenantPlanRow>, sqlx::Error> {
    let ids: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        TenantRow,
        "SELECT id, plan, limit_overrides FROM control.tenants WHERE id = ANY($1)",
        &ids
    )
    .fetch_all(store)
    .await?;
    Ok(rows.into_iter().map(TenantPlanRow::from).collect())
}

/// The limits of all plans.
pub(crate) async fn all_plans(
    store: impl PgExecutor<'_>,
) -> Result<Vec<(PlanName, RequestLimits)>, sqlx::Error> {
    let rows = plans!("").fetch_all(store).await?;
    Ok(rows.into_iter().map(Plan::from).map(live).collect())
}

/// The limits of those of these plans that exist.
pub(crate) async fn plans(
    store: impl PgExecutor<'_>,
    names: &HashSet<PlanName>,
) -> Result<Vec<(PlanName, RequestLimits)>, sqlx::Error> {
    let names: Vec<String> = names.iter().map(|name| name.as_str().to_owned()).collect();
    let rows = plans!("WHERE name = ANY($1)", &names).fetch_all(store).await?;
    Ok(rows.into_iter().map(Plan::from).map(live).collect())
}

fn live(plan: Plan) -> (PlanName, RequestLimits) {
    (plan.name, plan.limits)
}
