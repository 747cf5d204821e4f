//! Properties of a request that the audit log keeps.

use axum::RequestExt as _;
use axum::extract::{MatchedPath, RawPathParams, Request};
use control_plane::{Actor, AuditAction, AuditEntry, AuditOutcome};
use http::Extensions;
use tenant_registry::TenantId;
use web::middleware::{LogContext, redact_path};
use web::read::parse_uuid;
use web::{Code, Peer};

use crate::SECRET_PREFIX;

/// Prefixes of routes with a tenant's id in the path.
const OF_TENANTS: [&str; 2] = ["/admin/v1/tenants/{id}", "/admin/v1/pools/{id}"];

/// Limit for the stored path, in characters; every route is shorter.
const LONGEST_PATH: usize = 200;

/// A request's action, path and tenant. Leaves out query and body, and redacts a secret in the path.
pub(crate) struct RequestRecord {
    action: AuditAction,
    path: String,
    tenant: Option<TenantId>,
}

impl RequestRecord {
    /// Must be called within the route, which has the path parameters.
    pub(crate) async fn of(action: AuditAction, request: &mut Request) -> Self {
        // Decoded, as the handler has it.
        let params = request.extract_parts::<RawPathParams>().await.ok();
        let id = params
            .as_ref()
            .and_then(|params| params.iter().find(|(name, _)| *name == "id"));
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or("", MatchedPath::as_str);
        let tenant = id
            .filter(|_| OF_TENANTS.iter().any(|of_tenants| route.starts_with(of_tenants)))
            .and_then(|(_, id)| parse_uuid(id));
        if let Some(tenant) = tenant {
            LogContext::record(request.extensions(), "tenant", tenant);
        }
        Self {
            action,
            path: redact_path(request.uri().path(), SECRET_PREFIX)
                .chars()
                .take(LONGEST_PATH)
                .collect(),
            tenant: tenant.map(TenantId::new),
        }
    }

    pub(super) fn entry<'a>(
        &'a self,
        actor: &'a Actor,
        outcome: AuditOutcome,
        code: Option<Code>,
    ) -> AuditEntry<'a> {
        AuditEntry {
            outcome,
            code: code.map(Code::name),
            tenant: self.tenant,
            target: Some(self.path.clone()),
            ..AuditEntry::done(actor, self.action)
        }
    }
}

/// Adds the client's address and the request id to the actor.
pub(crate) fn with_origin(actor: Actor, extensions: &Extensions) -> Actor {
    Actor {
        source: extensions.get::<Peer>().map(Peer::ip),
        request_id: extensions
            .get::<LogContext>()
            .map(|request| request.request_id().to_owned()),
        ..actor
    }
}
