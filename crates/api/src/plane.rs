//! The routes of the tenant plane, and their description.

use axum::Router;
use axum::routing::MethodRouter;
use serde_json::{Value, json};
use tenant_registry::{BudgetedPool, Registry};
use tower::ServiceBuilder;
use tower_http::validate_request::ValidateRequestHeaderLayer;
use web::openapi::{Document, Operation};

use crate::describe::{NamedByCaller, NamedByCredentials, TenantPlane};
use crate::jwt::VerifyToken;
use crate::limits::{Admission, Admit, Charge, fields};
use crate::tenant::{Identify, ResolveTenant};
use crate::ways::{Credentials, Ways};
use crate::{limits, users};

/// The registry that serves this plane: its tenants share one budget of connections.
pub type TenantRegistry = Registry<BudgetedPool>;

/// A method of a path: what a resource gives to [`plane`]. Its path begins with the resource's name.
pub type Route = Operation<TenantPlane>;

/// The prefix for trusted networks, whose callers name a tenant.
pub const INTERNAL: &str = "/v1/internal";
/// The prefix for callers with an API key or a token.
const PUBLIC: &str = "/v1";

/// The security scheme of trusted networks.
const TENANT_HEADER: &str = "tenantHeader";
/// The security scheme of API keys.
const API_KEY: &str = "apiKey";
/// The security scheme of JSON Web Tokens.
const JWT: &str = "jwt";

/// The routes of all resources.
fn resources() -> impl Iterator<Item = Route> {
    let resources = [limits::show::routes(), users::routes()];
    resources.into_iter().flatten().map(|route| {
        route
            .answers_with(
                fields::POLICY,
                "The limits of the tenant's requests (draft-ietf-httpapi-ratelimit-headers-10), if it has any.",
            )
            .answers_with(
                fields::LIMIT,
                "What is left of them: `r` requests, and more in `t` seconds.",
            )
    })
}

/// The resources for callers from trusted networks.
fn internal() -> impl Iterator<Item = Route> {
    resources().map(|route| {
        route
            .under(INTERNAL)
            .prefix_id("internal")
            .behind::<NamedByCaller>()
            .secured_by(TENANT_HEADER)
    })
}

/// The resources for callers with an API key or a token.
fn public() -> impl Iterator<Item = Route> {
    resources().map(|route| {
        route
            .under(PUBLIC)
            .behind::<NamedByCredentials>()
            .secured_by(API_KEY)
            .or_secured_by(JWT)
    })
}

/// The tenant plane's routes, by the ways that are open: each resource at `/v1/internal/…`, for callers from trusted
/// networks who name their tenant, and at `/v1/…`, for callers from anywhere who present an API key or a token. A way that
/// is closed has no routes.
///
/// The layers go around the methods of each route and not around the router: a path or a method that does not
/// exist is answered before the tenant is resolved, and never opens a pool.
pub fn plane(registry: &TenantRegistry, ways: Ways, admission: &Admission) -> Router {
    let Ways {
        internal: networks,
        public: credentials,
        hosts,
    } = ways;
    // The first layer is the first to see the request: who may call at all, then for which tenant and within which limits.
    // All are one layer of a route, since axum clones and boxes each once a request.
    let tenant = |identify: Identify| {
        let lease = ResolveTenant::admitted(registry.clone(), &identify);
        ServiceBuilder::new()
            .layer(Admit::new(identify, admission.clone()))
            .layer(lease)
            .layer(Charge)
    };
    let mut router = Router::new();
    if let Some(networks) = networks {
        let by_name = ServiceBuilder::new()
            .layer(ValidateRequestHeaderLayer::custom(networks))
            .layer(tenant(Identify::Named(hosts.clone())));
        router = mount(router, internal(), |methods| methods.route_layer(by_name.clone()));
    }
    if let Some(Credentials { keys, tokens }) = credentials {
        let by_credentials = ServiceBuilder::new()
            .layer(VerifyToken(tokens))
            .layer(tenant(Identify::Credentials { keys, hosts }));
        router = mount(router, public(), |methods| {
            methods.route_layer(by_credentials.clone())
        });
    }
    router
}

/// Adds these routes behind this layer.
fn mount(
    router: Router,
    operations: impl Iterator<Item = Route>,
    layered: impl Fn(MethodRouter) -> MethodRouter,
) -> Router {
    operations.fold(router, |router, route| {
        let path = route.path().to_owned();
        router.route(&path, layered(route.split().1))
    })
}

/// The tenant plane's description: OpenAPI 3.1.
pub fn document() -> Value {
    let mut document = Document::new(
        "Tenantry: tenant plane",
        env!("CARGO_PKG_VERSION"),
        include_str!("plane/description.md"),
    );
    document.tag("limits", "Limits of a tenant's requests.");
    document.tag("users", "Users of a tenant.");
    document.security_scheme(
        API_KEY,
        json!({
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "tnt_key_…",
            "description": "An API key of the tenant, which says the tenant. GET and HEAD need its scope `read`, all other methods `write`.",
        }),
    );
    document.security_scheme(
        JWT,
        json!({
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "A JSON Web Token of an issuer in `tenant_plane.jwt.issuers`; a claim says the tenant. GET and HEAD need the scope `read`, all other methods `write`.",
        }),
    );
    document.security_scheme(
        TENANT_HEADER,
        json!({
            "type": "apiKey",
            "in": "header",
            "name": "x-tenant-id",
            "description": "The tenant's UUID, exactly once. No secret: it is accepted from the networks in `tenant_plane.trusted_networks` alone. Not needed where the host names the tenant (`tenant_plane.tenant_hosts`).",
        }),
    );
    for route in public().chain(internal()) {
        document.add(route.split().0);
    }
    document.finish()
}
