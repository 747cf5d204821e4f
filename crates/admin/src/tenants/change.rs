//! `PATCH /admin/v1/tenants/{id}`

use axum::extract::State;
use axum::response::Response;
use control_plane::{
    ControlPlane, ExternalId, Metadata, MetadataChange, MetadataPatch, PlanName, TenantChange, TenantName,
};
use serde::Deserialize;
use tenant_registry::Budget;
use utoipa::ToSchema;
use web::openapi::nullable;
use web::{NoQuery, Patch, PathId, Problem};

use super::create::most_reserved;
use super::fields::{
    MaxConnections, ReservedConnections, metadata, metadata_patch, nullable_external_id, tenant_name,
};
use super::view::changed;
use super::{MEMBER, refuse};
use crate::auth::Caller;
use crate::limits::GivenLimits;
use crate::plans::plan_name;
use crate::revision::Expected;

/// The fields to change; an omitted field keeps its value.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"metadata": {"region": "us"}, "max_connections": null, "limit_overrides": {"burst": null}}))]
#[expect(
    clippy::option_option,
    reason = "left as it is, taken away, or set: as a change has it"
)]
pub(super) struct ChangeTenant {
    #[schema(schema_with = tenant_name, required = false)]
    name: Option<TenantName>,
    #[schema(schema_with = nullable_external_id, required = false)]
    external_id: Option<Option<ExternalId>>,
    #[schema(schema_with = metadata, required = false)]
    metadata: Option<Metadata>,
    #[schema(schema_with = nullable::<MaxConnections>, required = false)]
    max_connections: Option<Option<MaxConnections>>,
    reserved_connections: Option<ReservedConnections>,
    #[schema(schema_with = plan_name, required = false)]
    plan: Option<PlanName>,
    /// All that it has in place of its plan's limits. Those that are left out are the plan's.
    #[schema(value_type = GivenLimits, required = false)]
    limit_overrides: Option<GivenLimits>,
}

/// A merge patch of a tenant (RFC 7396). `limit_overrides` is none of its fields: there `null` is no limit, while a merge
/// patch removes what is `null`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"metadata": {"plan": "silver", "region": null}}))]
#[expect(clippy::option_option, reason = "left as it is, removed, or set")]
pub(super) struct MergeTenant {
    #[schema(schema_with = tenant_name, required = false)]
    name: Option<TenantName>,
    #[schema(schema_with = nullable_external_id, required = false)]
    external_id: Option<Option<ExternalId>>,
    #[schema(schema_with = metadata_patch, required = false)]
    metadata: Option<Option<MetadataPatch>>,
    #[schema(schema_with = nullable::<MaxConnections>, required = false)]
    max_connections: Option<Option<MaxConnections>>,
    /// `null` removes it: then it is 0.
    #[schema(schema_with = nullable::<ReservedConnections>, required = false)]
    reserved_connections: Option<Option<ReservedConnections>>,
    #[schema(schema_with = plan_name, required = false)]
    plan: Option<PlanName>,
}

impl From<ChangeTenant> for TenantChange {
    fn from(change: ChangeTenant) -> Self {
        Self {
            name: change.name,
            external_id: change.external_id,
            metadata: change.metadata.map(MetadataChange::Replace),
            max_connections: change.max_connections.map(|max| max.map(u32::from)),
            reserved_connections: change.reserved_connections.map(u32::from),
            plan: change.plan,
            overrides: change.limit_overrides.map(Into::into),
        }
    }
}

impl From<MergeTenant> for TenantChange {
    fn from(merge: MergeTenant) -> Self {
        let metadata = merge.metadata.map(|metadata| match metadata {
            Some(patch) => MetadataChange::Merge(patch),
            None => MetadataChange::Replace(Metadata::default()),
        });
        Self {
            name: merge.name,
            external_id: merge.external_id,
            metadata,
            max_connections: merge.max_connections.map(|max| max.map(u32::from)),
            reserved_connections: merge
                .reserved_connections
                .map(|reserved| reserved.map_or(0, u32::from)),
            plan: merge.plan,
            overrides: None,
        }
    }
}

/// Change a tenant
///
/// A field that is left out keeps its value; `null` removes `external_id` and `max_connections`. Replaces `metadata` and
/// `limit_overrides` as a whole; a merge patch (RFC 7396) changes single members of `metadata`. Another plan, and other
/// limits of requests, hold within a second on every replica. Requires `If-Match`.
#[utoipa::path(
    patch,
    path = MEMBER,
    operation_id = "changeTenant",
    responses((
        status = 200,
        body = admin_types::Tenant,
        description = "The tenant as it is now.",
        headers(("etag" = String, description = "The revision of the tenant, for `If-Match`."))
    ))
)]
pub(super) async fn change(
    State(plane): State<ControlPlane>,
    State(budget): State<Budget>,
    Caller(actor): Caller,
    expected: Expected,
    _: NoQuery,
    PathId(id): PathId,
    body: Patch<ChangeTenant, MergeTenant>,
) -> Result<Response, Problem> {
    let change: TenantChange = body.into_change();
    let revisions = expected.required()?;
    plane
        .change_tenant(&actor, id.into(), &change, &revisions, most_reserved(&budget))
        .await
        .map(changed)
        .map_err(refuse::change)
}
