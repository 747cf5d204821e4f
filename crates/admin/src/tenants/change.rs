//! `PATCH /admin/v1/tenants/{id}`

use axum::extract::State;
use axum::response::Response;
use control_plane::{ControlPlane, TenantChange};
use tenant_registry::Budget;
use web::read::Patch;
use web::{JsonObject, NoQuery, PathId, Problem};

use super::create::most_reserved;
use super::view::changed;
use super::{fields, refuse};
use crate::auth::Caller;
use crate::revision::IfMatch;

/// Changes the fields that are given and leaves the others: 200 with the tenant as it is now. `metadata` is replaced as
/// a whole; `null` takes `external_id` and `max_connections` away. `If-Match` has to say which version is changed.
pub(super) async fn change(
    State(plane): State<ControlPlane>,
    State(budget): State<Budget>,
    Caller(actor): Caller,
    if_match: IfMatch,
    _: NoQuery,
    PathId(id): PathId,
    body: JsonObject,
) -> Result<Response, Problem> {
    let mut read = body.fields();
    let name = read.optional("name", fields::name());
    let external_id = read.nullable("external_id", fields::external_id());
    let metadata = read.optional("metadata", fields::metadata());
    let max = read.nullable("max_connections", fields::max_connections());
    let reserved = read.optional("reserved_connections", fields::reserved_connections());
    let (name, external_id, metadata, max_connections, reserved_connections) =
        read.finish((name, external_id, metadata, max, reserved))?;
    let change = TenantChange {
        name,
        external_id: given(external_id),
        metadata,
        max_connections: given(max_connections),
        reserved_connections,
    };
    let revision = if_match.required()?;
    plane
        .change_tenant(&actor, id.into(), &change, revision, most_reserved(&budget))
        .await
        .map(changed)
        .map_err(refuse::change)
}

#[expect(
    clippy::option_option,
    reason = "left as it is, taken away, or set: as a change has it"
)]
fn given<T>(patch: Patch<T>) -> Option<Option<T>> {
    match patch {
        Patch::Absent => None,
        Patch::Null => Some(None),
        Patch::Value(value) => Some(Some(value)),
    }
}
