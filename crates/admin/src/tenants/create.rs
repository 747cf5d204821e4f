//! `POST /admin/v1/tenants`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, ExternalId, Limits, Metadata, NewTenant, PlanName, TenantName};
use http::StatusCode;
use serde::Deserialize;
use tenant_registry::{Budget, BudgetedPool, Registry};
use utoipa::ToSchema;
use web::{Json, NoQuery, Problem};

use super::fields::{MaxConnections, NewId, ReservedConnections, external_id, metadata, tenant_name};
use super::prefer::Preference;
use super::{COLLECTION, refuse, view};
use crate::auth::Caller;
use crate::idempotency::RequestKey;
use crate::limits::GivenLimits;
use crate::operations::Accepted;
use crate::plans::plan_name;
use crate::store_failed::store_failed;

/// A new tenant.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"name": "acme", "metadata": {"region": "eu"}, "plan": "default", "limit_overrides": {"concurrent_requests": 5}}))]
pub(super) struct CreateTenant {
    #[schema(schema_with = tenant_name)]
    name: TenantName,
    /// Generated if left out. Not the nil or the max UUID.
    #[schema(value_type = Option<Uuid>)]
    id: Option<NewId>,
    #[schema(schema_with = external_id, required = false)]
    external_id: Option<ExternalId>,
    #[schema(schema_with = metadata, required = false)]
    metadata: Option<Metadata>,
    /// The most connections that the tenant may hold; the service's default if left out.
    max_connections: Option<MaxConnections>,
    /// Of those that it has opened, how many no other tenant is given; 0 if left out.
    reserved_connections: Option<ReservedConnections>,
    /// Its plan; `default` if left out.
    #[schema(schema_with = plan_name, required = false)]
    plan: Option<PlanName>,
    /// In place of its plan's limits. Those that are left out are the plan's.
    #[schema(value_type = GivenLimits, required = false)]
    limit_overrides: Option<GivenLimits>,
}

/// Create a tenant
///
/// 201 when the tenant is active. 202 with the operation when that takes longer than five seconds, or at once with
/// `Prefer: respond-async` (RFC 7240). The same id and name resume an interrupted creation.
#[utoipa::path(
    post,
    path = COLLECTION,
    operation_id = "createTenant",
    responses(
        (
            status = 201,
            body = admin_types::Tenant,
            description = "The tenant, which is served.",
            headers(
                ("location" = String, description = "The path of the tenant."),
                ("etag" = String, description = "The revision of the tenant, for `If-Match`.")
            )
        ),
        Accepted
    )
)]
pub(super) async fn create(
    State(plane): State<ControlPlane>,
    State(registry): State<Registry<BudgetedPool>>,
    State(budget): State<Budget>,
    Caller(actor): Caller,
    (preference, RequestKey(key)): (Preference, RequestKey),
    _: NoQuery,
    Json(body): Json<CreateTenant>,
) -> Result<Response, Problem> {
    // A repetition after a crash finds the tenant that the first attempt created.
    let request = key.map(|key| NewTenant::request_of(&actor, &key));
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
        plan: body.plan.unwrap_or_default(),
        overrides: body.limit_overrides.unwrap_or_default().into(),
    };

    let started = plane.begin_creation(&actor, &new, most_reserved(&budget)).await;
    let started = started.map_err(refuse::creation)?;
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
