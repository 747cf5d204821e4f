//! `POST /admin/v1/pools/{id}/evict`

use axum::extract::State;
use http::StatusCode;
use tenant_registry::{BudgetedPool, Registry};
use web::{NoBody, NoQuery, PathId, Problem};

/// Closes a tenant's pool as soon as no lease holds it, and clears its negative cache entry: 204, also without a pool.
/// The next request opens a new one.
pub(super) async fn evict(
    State(registry): State<Registry<BudgetedPool>>,
    _: NoQuery,
    PathId(id): PathId,
    _: NoBody,
) -> Result<StatusCode, Problem> {
    registry.invalidate(id.into());
    Ok(StatusCode::NO_CONTENT)
}
