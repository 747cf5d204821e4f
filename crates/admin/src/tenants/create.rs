//! `POST /admin/v1/tenants`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, ExternalId, Limits, Metadata, NewTenant, TenantName};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use tenant_registry::{Budget, BudgetedPool, Registry};
use web::{Json, NoQuery, Problem};

use super::fields::{MaxConnections, NewId, ReservedConnections};
use super::prefer::Preference;
use super::{refuse, view};
use crate::auth::Caller;
use crate::idempotency::idempotency_key;
use crate::store_failed::store_failed;

/// A new tenant.
#[derive(Debug, Deserialize)]
pub(super) struct CreateTenant {
    name: TenantName,
    /// Generated if absent.
    id: Option<NewId>,
    external_id: Option<ExternalId>,
    metadata: Option<Metadata>,
    /// The service's default if absent.
    max_connections: Option<MaxConnections>,
    reserved_connections: Option<ReservedConnections>,
}

/// Creates a tenant: 201 with its URL in `Location` when it is active; 202 with the operation's URL when that takes
/// longer, or at once with `Prefer: respond-async` (RFC 7240). The same id and name resume an interrupted creation.
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    State(registry): State<Registry<BudgetedPool>>,
    State(budget): State<Budget>,
    Caller(actor): Caller,
    headers: HeaderMap,
    _: NoQuery,
    Json(body): Json<CreateTenant>,
) -> Result<Response, Problem> {
    // A repetition after a crash finds the tenant that the first attempt created.
    let request = idempotency_key(&headers).map(|key| NewTenant::request_of(&actor, key));
    let new = NewTenant {
        id: body.id.map(|NewId(id)| id),
        request,
        name: body.name,
        external_id: body.external_id,
        metadata: body.metadata.unwrap_or_default(),
        limits: Limits {
            max_connections: body.max_connections.map(u32::from),
            reserved_connections: body.reserved_connections.map_or(0, u32::from),
        },
    };

    let started = plane.begin_creation(&actor, &new, most_reserved(&budget)).await;
    let started = started.map_err(refuse::creation)?;
    let preference = Preference::of(&headers);
    let (tenant, operation) = started
        .within(&plane, preference.max_wait())
        .await
        .map_err(store_failed)?;
    // Clears a negative cache entry of this replica; on the others the change notice does.
    registry.invalidate(tenant.id);
    Ok(preference.applied(view::outcome(StatusCode::CREATED, tenant, operation)))
}

/// Limit for the reservations of all tenants together. One connection stays unreserved, so that every tenant can be
/// served. `None` until the budget has been read from the server.
pub(super) fn most_reserved(budget: &Budget) -> Option<u32> {
    budget.snapshot().target.checked_sub(1)
}
