//! `DELETE /admin/v1/tenants/{id}`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, Transition};
use http::HeaderMap;
use serde::Deserialize;
use tenant_registry::{BudgetedPool, Registry};
use time::Duration;
use web::read::Integer;
use web::{NoBody, PathId, Problem, Query};

use super::transition::start_operation;
use crate::auth::Caller;
use crate::revision::Expected;

/// Ten years.
const MOST_GRACE_HOURS: i64 = 10 * 365 * 24;

/// The parameters of a deletion.
#[derive(Debug, Deserialize)]
pub(super) struct DeleteTenant {
    /// A week if absent.
    grace_hours: Option<Integer<0, MOST_GRACE_HOURS>>,
}

/// Deletes a tenant: its requests are refused from now on, and its data is purged after the grace period. Until then it
/// can be undeleted; deleting it again starts another grace period.
pub(super) async fn remove(
    State(plane): State<ControlPlane>,
    State(registry): State<Registry<BudgetedPool>>,
    Caller(actor): Caller,
    expected: Expected,
    headers: HeaderMap,
    (PathId(id), Query(query), NoBody): (PathId, Query<DeleteTenant>, NoBody),
) -> Result<Response, Problem> {
    let grace = query.grace_hours.map(|hours| Duration::hours(hours.get()));
    let transition = Transition::Offboard { grace };
    start_operation(
        &plane,
        &registry,
        &actor,
        id.into(),
        transition,
        expected,
        &headers,
    )
    .await
}
