//! What of a request the audit log keeps.

use axum::extract::{MatchedPath, Request};
use control_plane::{Actor, AuditEntry, Outcome};
use http::Extensions;
use tenant_registry::TenantId;
use web::middleware::{RequestId, TenantLabel, without_secrets};
use web::read::rule::parse_uuid;
use web::{Code, Peer};

/// Where tenants are; what follows is a tenant's id.
const TENANTS: &str = "/admin/v1/tenants/";

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
    pub(crate) fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let route = request.extensions().get::<MatchedPath>();
        let route = route.map_or("", MatchedPath::as_str);
        let tenant = path
            .strip_prefix(TENANTS)
            .and_then(|rest| rest.split('/').next())
            .and_then(parse_uuid);
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
