//! A tenant, as it is shown.

use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Extension, Json};
use control_plane::{Metadata, Operation, OperationState, Tenant, TenantState};
use http::{StatusCode, header};
use pg_timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::COLLECTION;
use crate::attempts::Audited;
use crate::operations::OperationView;
use crate::revision::etag;

/// A tenant, as it is shown.
#[derive(Serialize)]
pub(super) struct TenantView {
    id: Uuid,
    name: String,
    external_id: Option<String>,
    state: TenantState,
    metadata: Metadata,
    max_connections: Option<u32>,
    reserved_connections: u32,
    purge_at: Option<Timestamp>,
    login_refused_at: Option<Timestamp>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

impl From<Tenant> for TenantView {
    fn from(tenant: Tenant) -> Self {
        Self {
            id: tenant.id.as_uuid(),
            name: tenant.name.as_str().to_owned(),
            external_id: tenant.external_id.map(|id| id.as_str().to_owned()),
            state: tenant.state,
            metadata: tenant.metadata,
            max_connections: tenant.limits.max_connections,
            reserved_connections: tenant.limits.reserved_connections,
            purge_at: tenant.purge_at,
            login_refused_at: tenant.login_refused_at,
            created_at: tenant.created_at,
            updated_at: tenant.updated_at,
        }
    }
}

/// The tenant with its entity tag.
pub(super) fn shown(tenant: Tenant) -> Response {
    (etag(tenant.revision), Json(TenantView::from(tenant))).into_response()
}

/// The tenant after a change that stands in the audit log already.
pub(super) fn changed(tenant: Tenant) -> Response {
    (Extension(Audited), shown(tenant)).into_response()
}

/// What a change came to, which stands in the audit log already: the tenant where nothing is left to be done, with `done` as its status; else 202, with the
/// operation and its place in `Location`.
pub(super) fn outcome(done: StatusCode, tenant: Tenant, operation: Option<Operation>) -> Response {
    match operation {
        Some(operation) if operation.state == OperationState::Running => {
            (Extension(Audited), OperationView::from(operation).accepted()).into_response()
        }
        _ if done == StatusCode::CREATED => {
            let location = format!("{COLLECTION}/{}", tenant.id);
            let headers = AppendHeaders([(header::LOCATION, location)]);
            (done, headers, changed(tenant)).into_response()
        }
        _ => (done, changed(tenant)).into_response(),
    }
}
