//! `POST /admin/v1/tenants`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, Limits, NewTenant};
use http::{HeaderMap, StatusCode};
use tenant_registry::{Budget, BudgetedPool, Registry, TenantId};
use web::read::rule::uuid;
use web::{JsonObject, NoQuery, Problem};

use super::prefer::Preference;
use super::{fields, refuse, view};
use crate::auth::Caller;
use crate::idempotency::idempotency_key;
use crate::store_failed::store_failed;

/// Creates a tenant: 201 with its place in `Location` when it is active, 202 with its operation's place when that takes
/// longer, or at once with `Prefer: respond-async` (RFC 7240). One that was left half done is gone on with when its id
/// and name are sent again.
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    State(registry): State<Registry<BudgetedPool>>,
    State(budget): State<Budget>,
    Caller(actor): Caller,
    headers: HeaderMap,
    _: NoQuery,
    body: JsonObject,
) -> Result<Response, Problem> {
    let mut read = body.fields();
    let name = read.required("name", fields::name());
    let id = read.optional("id", uuid());
    let external_id = read.optional("external_id", fields::external_id());
    let metadata = read.optional("metadata", fields::metadata());
    let max = read.optional("max_connections", fields::max_connections());
    let reserved = read.optional("reserved_connections", fields::reserved_connections());
    // What a client sends that forgot to fill in its id.
    if id
        .get()
        .copied()
        .flatten()
        .is_some_and(|id| id.is_nil() || id.is_max())
    {
        read.wrong("id", "must not be the nil or the max UUID");
    }
    let (name, id, external_id, metadata, max, reserved) =
        read.finish((name, id, external_id, metadata, max, reserved))?;
    // Sent again after a crash in the middle, it finds the tenant that it has made.
    let request = idempotency_key(&headers).map(|key| NewTenant::request_of(&actor, key));
    let new = NewTenant {
        id: id.map(TenantId::new),
        request,
        name,
        external_id,
        metadata: metadata.unwrap_or_default(),
        limits: Limits {
            max_connections: max,
            reserved_connections: reserved.unwrap_or_default(),
        },
    };

    let started = plane.begin_creation(&actor, &new, most_reserved(&budget)).await;
    let started = started.map_err(refuse::creation)?;
    let preference = Preference::of(&headers);
    let (tenant, operation) = started
        .within(&plane, preference.patience())
        .await
        .map_err(store_failed)?;
    // Who asked for it before was told that it is not there or not ready, and that is remembered for a moment. Here the
    // next request finds it; elsewhere the notice of the change sees to that.
    registry.invalidate(tenant.id);
    Ok(preference.applied(view::outcome(StatusCode::CREATED, tenant, operation)))
}

/// How many connections may be reserved for all tenants together: one at least is nobody's, so that everybody is served.
/// What the budget is, is known when the server was asked.
pub(super) fn most_reserved(budget: &Budget) -> Option<u32> {
    budget.snapshot().target.checked_sub(1)
}
