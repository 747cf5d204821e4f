//! `POST /admin/v1/pools/{id}/evict`

use axum::extract::State;
use http::StatusCode;
use tenant_registry::{BudgetedPool, Registry};
use web::{NoBody, NoQuery, PathId, Problem};

/// Closes a tenant's pool when nobody holds it any more, and forgets why it failed: 204, also where there is none. The
/// next request opens it anew.
pub(super) async fn evict(
    State(registry): State<Registry<BudgetedPool>>,
    _: NoQuery,
    PathId(id): PathId,
    _: NoBody,
) -> Result<StatusCode, Problem> {
    registry.invalidate(id.into());
    Ok(StatusCode::NO_CONTENT)
}
