//! `DELETE /admin/v1/tenants/{id}`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, Transition};
use http::HeaderMap;
use tenant_registry::{BudgetedPool, Registry};
use time::Duration;
use web::read::rule::integer;
use web::{NoBody, PathId, Problem, Query};

use super::transition::lead;
use crate::auth::Caller;
use crate::revision::IfMatch;

/// Ten years.
const MOST_GRACE_HOURS: i64 = 10 * 365 * 24;

/// Deletes a tenant: it is refused from now on, and its data is purged when the grace period is over. Until then it can
/// be undeleted, and given another grace period from now on by being deleted again.
pub(super) async fn remove(
    State(plane): State<ControlPlane>,
    State(registry): State<Registry<BudgetedPool>>,
    Caller(actor): Caller,
    if_match: IfMatch,
    headers: HeaderMap,
    mut query: Query,
    (PathId(id), NoBody): (PathId, NoBody),
) -> Result<Response, Problem> {
    let hours = query.optional("grace_hours", integer(0..=MOST_GRACE_HOURS));
    let grace = query.finish(hours)?.map(Duration::hours);
    let transition = Transition::Offboard { grace };
    lead(
        &plane,
        &registry,
        &actor,
        id.into(),
        transition,
        if_match,
        &headers,
    )
    .await
}
