//! `PATCH /admin/v1/tenants/{id}`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, ExternalId, Metadata, TenantChange, TenantName};
use serde::Deserialize;
use tenant_registry::Budget;
use web::{Json, NoQuery, PathId, Problem};

use super::create::most_reserved;
use super::fields::{MaxConnections, ReservedConnections};
use super::refuse;
use super::view::changed;
use crate::auth::Caller;
use crate::revision::Expected;

/// The fields to change; an omitted field keeps its value.
#[derive(Debug, Deserialize)]
#[expect(
    clippy::option_option,
    reason = "left as it is, taken away, or set: as a change has it"
)]
pub(super) struct ChangeTenant {
    name: Option<TenantName>,
    external_id: Option<Option<ExternalId>>,
    metadata: Option<Metadata>,
    max_connections: Option<Option<MaxConnections>>,
    reserved_connections: Option<ReservedConnections>,
}

/// Changes the given fields: 200 with the changed tenant. Replaces `metadata` as a whole; `null` removes `external_id`
/// and `max_connections`. Requires `If-Match`.
pub(super) async fn change(
    State(plane): State<ControlPlane>,
    State(budget): State<Budget>,
    Caller(actor): Caller,
    expected: Expected,
    _: NoQuery,
    PathId(id): PathId,
    Json(body): Json<ChangeTenant>,
) -> Result<Response, Problem> {
    let change = TenantChange {
        name: body.name,
        external_id: body.external_id,
        metadata: body.metadata,
        max_connections: body.max_connections.map(|max| max.map(u32::from)),
        reserved_connections: body.reserved_connections.map(u32::from),
    };
    let revisions = expected.required()?;
    plane
        .change_tenant(&actor, id.into(), &change, &revisions, most_reserved(&budget))
        .await
        .map(changed)
        .map_err(refuse::change)
}
