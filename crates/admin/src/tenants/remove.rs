//! `DELETE /admin/v1/tenants/{id}`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, Transition};
use serde::Deserialize;
use tenant_registry::{BudgetedPool, Registry};
use time::Duration;
use utoipa::IntoParams;
use web::read::Integer;
use web::{NoBody, PathId, Problem, Query};

use super::MEMBER;
use super::prefer::Preference;
use super::transition::start_operation;
use crate::auth::Caller;
use crate::operations::Accepted;
use crate::revision::Expected;

/// Ten years.
const MOST_GRACE_HOURS: i64 = 10 * 365 * 24;

/// The parameters of a deletion.
#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct DeleteTenant {
    /// Hours until the data is purged; a week if left out.
    grace_hours: Option<Integer<0, { MOST_GRACE_HOURS }>>,
}

/// Delete a tenant
///
/// Its requests are refused from now on, and its data is purged after the grace period. Until then it can be undeleted;
/// deleting it again starts another grace period.
#[utoipa::path(
    delete,
    path = MEMBER,
    operation_id = "deleteTenant",
    responses(
        (
            status = 200,
            body = admin_types::Tenant,
            description = "The tenant, `offboarding` until `purge_at`.",
            headers(("etag" = String, description = "The revision of the tenant, for `If-Match`."))
        ),
        Accepted
    )
)]
pub(super) async fn remove(
    State(plane): State<ControlPlane>,
    State(registry): State<Registry<BudgetedPool>>,
    Caller(actor): Caller,
    expected: Expected,
    preference: Preference,
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
        preference,
    )
    .await
}
