//! What of a request the audit log keeps.

use axum::RequestExt as _;
use axum::extract::{MatchedPath, RawPathParams, Request};
use control_plane::{Actor, AuditEntry, Outcome};
use http::Extensions;
use tenant_registry::TenantId;
use web::middleware::{RequestId, TenantLabel, without_secrets};
use web::read::rule::parse_uuid;
use web::{Code, Peer};

/// Routes that begin so have a tenant's id in their path.
const OF_TENANTS: [&str; 2] = ["/admin/v1/tenants/{id}", "/admin/v1/pools/{id}"];

/// The most characters of a path that are kept: more than any that leads somewhere.
const LONGEST_PATH: usize = 200;

/// Method and route of a request, and to whom and what it was addressed. Neither query nor body, nor a
/// secret that stands in the path by mistake.
pub(crate) struct Seen {
    action: String,
    path: String,
    tenant: Option<TenantId>,
}

impl Seen {
    /// Must be asked within the route.
    pub(crate) async fn of(request: &mut Request) -> Self {
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
            TenantLabel::record(request.extensions(), tenant);
        }
        Self {
            action: format!("{} {route}", request.method()),
            path: without_secrets(request.uri().path())
                .chars()
                .take(LONGEST_PATH)
                .collect(),
            tenant: tenant.map(TenantId::new),
        }
    }

    pub(super) fn entry<'a>(
        &'a self,
        actor: &'a Actor,
        outcome: Outcome,
        code: Option<Code>,
    ) -> AuditEntry<'a> {
        AuditEntry {
            outcome,
            code: code.map(Code::name),
            tenant: self.tenant,
            target: Some(self.path.clone()),
            ..AuditEntry::done(actor, &self.action)
        }
    }
}

/// The same actor, with from where and within which request.
pub(crate) fn placed(actor: Actor, extensions: &Extensions) -> Actor {
    Actor {
        source: extensions.get::<Peer>().map(Peer::ip),
        request_id: extensions.get::<RequestId>().map(ToString::to_string),
        ..actor
    }
}
