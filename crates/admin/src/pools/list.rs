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
const SHAPE: &str = "pools tenant_id number asc";

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
    let after = query.optional("cursor", page::cursor::<Place>(SHAPE));
    let (limit, after) = query.finish((limit, after))?;
    let limit = limit.unwrap_or_default();

    let snapshot = registry.snapshot();
    let mut pools = numbered(snapshot.tenants);
    pools.retain(|(place, _)| after.is_none_or(|after| *place > after));
    let fetch = usize::try_from(limit.fetch()).unwrap_or(usize::MAX);
    pools.truncate(fetch);
    let page = Page::new(pools, limit, SHAPE, |(place, _)| *place)?;
    Ok(Json(Pools {
        budget: budget.snapshot().into(),
        totals: snapshot.totals.into(),
        page: page.map(|(_, pool)| pool.into()),
    }))
}

/// A pool's place in the list: its tenant, and which of the tenant's pools it is. A tenant whose pool was replaced has
/// the new one first, and behind it those that somebody still holds.
type Place = (Uuid, usize);

fn numbered(mut pools: Vec<TenantSnapshot>) -> Vec<(Place, TenantSnapshot)> {
    pools.sort_by_key(|pool| (pool.tenant.as_uuid(), pool.state as u8));
    let mut last: Option<Place> = None;
    pools
        .into_iter()
        .map(|pool| {
            let tenant = pool.tenant.as_uuid();
            let place = match last {
                Some((same, number)) if same == tenant => (tenant, number + 1),
                _ => (tenant, 0),
            };
            last = Some(place);
            (place, pool)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tenant_registry::{PoolSnapshot, TenantState};

    use super::*;

    #[test]
    fn pools_of_one_tenant_have_places_of_their_own() {
        let pool = |tenant: u128, state| TenantSnapshot {
            tenant: Uuid::from_u128(tenant).into(),
            state,
            version: None,
            leases: 0,
            unused: Duration::ZERO,
            pool: PoolSnapshot::default(),
        };
        let pools = vec![
            pool(2, TenantState::Resident),
            pool(1, TenantState::Retired),
            pool(1, TenantState::Resident),
            pool(1, TenantState::Retired),
        ];
        let places: Vec<_> = numbered(pools)
            .into_iter()
            .map(|((tenant, number), pool)| (tenant.as_u128(), number, pool.state))
            .collect();
        assert_eq!(
            places,
            [
                (1, 0, TenantState::Resident),
                (1, 1, TenantState::Retired),
                (1, 2, TenantState::Retired),
                (2, 0, TenantState::Resident),
            ]
        );
    }
}
