//! `POST /admin/v1/pools/{id}/evict`

use axum::extract::State;
use http::StatusCode;
use tenant_registry::{BudgetedPool, Registry};
use web::{NoBody, NoQuery, PathId, Problem};

/// Close the pool of a tenant
///
/// As soon as no lease holds it. Clears its negative cache entry as well. The next request opens a new pool.
#[utoipa::path(
    post,
    path = "/admin/v1/pools/{id}/evict",
    operation_id = "evictPool",
    responses((status = 204, description = "The pool is closing, or there was none."))
)]
pub(super) async fn evict(
    State(registry): State<Registry<BudgetedPool>>,
    _: NoQuery,
    PathId(id): PathId,
    _: NoBody,
) -> Result<StatusCode, Problem> {
    registry.invalidate(id.into());
    Ok(StatusCode::NO_CONTENT)
}
