//! Response views of a tenant.

use axum::Extension;
use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{LoginFault, Operation, OperationState, Tenant};
use http::{StatusCode, header};
use pg_timestamp::Timestamp;
use tenant_limits::RequestLimits;
use web::etag::{conditional, etag};
use web::extract::Preconditions;
use web::{Json, Problem};

use super::COLLECTION;
use crate::attempts::Audited;
use crate::limits;
use crate::operations::accepted;
use crate::revision;

/// A tenant in a list.
pub(super) fn tenant(tenant: Tenant) -> admin_types::Tenant {
    let request_limits = tenant.request_limits();
    admin_types::Tenant {
        id: tenant.id.as_uuid(),
        name: tenant.name.as_str().to_owned(),
        external_id: tenant.external_id.map(|id| id.as_str().to_owned()),
        state: tenant.state.as_str().into(),
        metadata: tenant.metadata.into(),
        max_connections: tenant.limits.max_connections,
        reserved_connections: tenant.limits.reserved_connections,
        plan: Some(tenant.plan.as_str().to_owned()),
        limit_overrides: Some(limits::shown_overrides(&tenant.overrides)),
        limits: Some(limits::shown(request_limits)),
        purge_at: tenant.purge_at.map(Into::into),
        login_refused_at: tenant.login_refused_at.map(Into::into),
        created_at: tenant.created_at.into(),
        updated_at: tenant.updated_at.into(),
        login_fault: None,
    }
}

/// The tenant with its entity tag and its login's fault; 304 if the client's copy is current.
pub(super) fn details(
    tenant: Tenant,
    fault: Option<LoginFault>,
    preconditions: &Preconditions,
) -> Result<Response, Problem> {
    let tag = tag(&tenant, fault.as_ref());
    conditional(&tag, preconditions, body(tenant, fault))
}

/// The tenant with its entity tag.
pub(super) fn shown(tenant: Tenant) -> Response {
    let tag = tag(&tenant, None);
    (etag(&tag), body(tenant, None)).into_response()
}

fn body(tenant: Tenant, fault: Option<LoginFault>) -> Json<admin_types::Tenant> {
    let login_fault = fault.map(|LoginFault { wrong, remedy }| admin_types::LoginFault { wrong, remedy });
    Json(admin_types::Tenant {
        login_fault,
        ..self::tenant(tenant)
    })
}

/// The entity tag. Contains the login's fault and the plan's limits, which change without a new revision.
fn tag(tenant: &Tenant, fault: Option<&LoginFault>) -> String {
    let limits = &tenant.plan_limits;
    if tenant.login_refused_at.is_none() && fault.is_none() && *limits == RequestLimits::default() {
        return revision::tag(tenant.revision, None);
    }
    let refused_at = tenant.login_refused_at.map(Timestamp::micros);
    let beside = format!("{refused_at:?} {fault:?} {limits:?}");
    revision::tag(tenant.revision, Some(&beside))
}

/// The tenant after a change that has been audited.
pub(super) fn changed(tenant: Tenant) -> Response {
    (Extension(Audited), shown(tenant)).into_response()
}

/// The result of a change that has been audited: the tenant with the status `done` if it is complete, otherwise 202
/// with the operation and its URL in `Location`.
pub(super) fn outcome(done: StatusCode, tenant: Tenant, operation: Option<Operation>) -> Response {
    match operation {
        Some(operation) if operation.state == OperationState::Running => {
            (Extension(Audited), accepted(operation)).into_response()
        }
        _ if done == StatusCode::CREATED => {
            let location = format!("{COLLECTION}/{}", tenant.id);
            let headers = AppendHeaders([(header::LOCATION, location)]);
            (done, headers, changed(tenant)).into_response()
        }
        _ => (done, changed(tenant)).into_response(),
    }
}
