//! `GET /admin/v1/pools`

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tenant_registry::{Budget, BudgetedPool, Registry, TenantSnapshot};
use uuid::Uuid;
use web::page::{self, Limit};
use web::{Page, Problem, Query};

use super::view::{BudgetView, PoolView, TotalsView};

/// What a cursor of this list is for.
const SHAPE: &str = "pools tenant_id asc";

/// The budget, the sums, and a page of pools.
#[derive(Serialize)]
pub(super) struct Pools {
    budget: BudgetView,
    totals: TotalsView,
    #[serde(flatten)]
    page: Page<PoolView>,
}

/// The pools of this replica in the order of their tenants' ids, with their sums and the budget that they share.
pub(super) async fn list(
    State(registry): State<Registry<BudgetedPool>>,
    State(budget): State<Budget>,
    mut query: Query,
) -> Result<Json<Pools>, Problem> {
    let limit = query.optional("limit", Limit::rule());
    let after = query.optional("cursor", page::cursor::<Uuid>(SHAPE));
    let (limit, after) = query.finish((limit, after))?;
    let limit = limit.unwrap_or_default();

    let snapshot = registry.snapshot();
    let id = |pool: &TenantSnapshot| pool.tenant.as_uuid();
    let mut pools = snapshot.tenants;
    pools.retain(|pool| after.is_none_or(|after| id(pool) > after));
    // A tenant whose pool was replaced is there twice, and both belong on one page.
    pools.sort_by_key(id);
    let fetch = usize::try_from(limit.fetch()).unwrap_or(usize::MAX);
    pools.truncate(fetch);
    let page = Page::new(pools, limit, SHAPE, id)?;
    Ok(Json(Pools {
        budget: budget.snapshot().into(),
        totals: snapshot.totals.into(),
        page: page.map(PoolView::from),
    }))
}
