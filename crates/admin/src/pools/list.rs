//! `GET /admin/v1/pools`

use admin_types::Pools;
use axum::extract::State;
use tenant_registry::{Budget, BudgetedPool, Registry, TenantSnapshot};
use uuid::Uuid;
use web::page::{Paging, Sorted};
use web::{Json, Page, Problem, Query};

use super::view;

/// The order of the list.
pub(super) struct ByTenant;

impl Sorted for ByTenant {
    const SHAPE: &str = "pools tenant_id number asc";
    type Key = Place;
}

/// List the pools of this replica
///
/// Sorted by tenant id, with totals and the shared budget.
#[utoipa::path(
    get,
    path = "/admin/v1/pools",
    operation_id = "listPools",
    responses((status = 200, body = Pools))
)]
pub(super) async fn list(
    State(registry): State<Registry<BudgetedPool>>,
    State(budget): State<Budget>,
    Query(paging): Query<Paging<ByTenant>>,
) -> Result<Json<Pools>, Problem> {
    let limit = paging.limit();
    let after = paging.after();

    let snapshot = registry.snapshot();
    let mut pools = numbered(snapshot.tenants);
    pools.retain(|(place, _)| after.is_none_or(|after| *place > after));
    let fetch = usize::try_from(limit.fetch()).unwrap_or(usize::MAX);
    pools.truncate(fetch);
    let page = Page::new(pools, limit, ByTenant::SHAPE, |(place, _)| *place)?;
    let Page {
        items, next_cursor, ..
    } = page.map(|(_, pool)| view::pool(pool));
    Ok(Json(Pools {
        budget: view::budget(&budget.snapshot()),
        totals: view::totals(&snapshot.totals),
        items,
        next_cursor,
    }))
}

/// A pool's position in the list: its tenant, and its index among the tenant's pools. The current pool is first,
/// followed by replaced pools that leases still hold.
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
