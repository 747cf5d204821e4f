//! The routes of the tenant plane, and their description.

use axum::Router;
use serde_json::{Value, json};
use tenant_registry::{BudgetedPool, Registry};
use tower::ServiceBuilder;
use tower_http::validate_request::ValidateRequestHeaderLayer;
use web::openapi::{Document, Operation};

use crate::describe::{NamedByHeader, TenantPlane};
use crate::network::TrustedNetworks;
use crate::tenant::ResolveTenant;
use crate::users;

/// The registry that serves this plane: its tenants share one budget of connections.
pub type TenantRegistry = Registry<BudgetedPool>;

/// A method of a path: what a resource gives to [`plane`]. Its path begins with the resource's name.
pub type Route = Operation<TenantPlane>;

/// Where internal callers reach the resources.
const INTERNAL: &str = "/v1/internal";

/// The security scheme of internal callers.
const TENANT_HEADER: &str = "tenantHeader";

/// The routes of all resources.
fn resources() -> impl Iterator<Item = Route> {
    let resources = [users::routes()];
    resources.into_iter().flatten()
}

/// The resources as internal callers reach them.
fn internal() -> impl Iterator<Item = Route> {
    resources().map(|route| {
        route
            .under(INTERNAL)
            .behind::<NamedByHeader>()
            .secured_by(TENANT_HEADER)
    })
}

/// The tenant plane's routes.
///
/// The layers go around the methods of each route and not around the router: a path or a method that does not
/// exist is answered before the tenant is resolved, and never opens a pool.
pub fn plane(registry: &TenantRegistry, networks: TrustedNetworks) -> Router {
    // The first layer is the first to see the request: who may call at all, then for which tenant. Both are one layer of
    // a route, since axum clones and boxes each once a request.
    let layers = ServiceBuilder::new()
        .layer(ValidateRequestHeaderLayer::custom(networks))
        .layer(ResolveTenant::new(registry.clone()));
    internal().fold(Router::new(), |router, route| {
        let path = route.path().to_owned();
        let (_, methods) = route.split();
        router.route(&path, methods.route_layer(layers.clone()))
    })
}

/// The tenant plane's description: OpenAPI 3.1.
pub fn document() -> Value {
    let mut document = Document::new(
        "Tenantry: tenant plane",
        env!("CARGO_PKG_VERSION"),
        include_str!("plane/description.md"),
    );
    document.tag("users", "Users of a tenant.");
    document.security_scheme(
        TENANT_HEADER,
        json!({
            "type": "apiKey",
            "in": "header",
            "name": "x-tenant-id",
            "description": "The tenant's UUID, exactly once. No secret: it is accepted from the networks in `tenant_plane.trusted_networks` alone.",
        }),
    );
    for route in internal() {
        document.add(route.split().0);
    }
    document.finish()
}
