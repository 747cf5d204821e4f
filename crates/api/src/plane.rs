//! The routes of the tenant plane.

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;
use tenant_registry::{BudgetedPool, Registry};
use tower::ServiceBuilder;
use tower_http::validate_request::ValidateRequestHeaderLayer;

use crate::api_key::ApiKeys;
use crate::network::TrustedNetworks;
use crate::tenant::ResolveTenant;
use crate::users;

/// The registry that serves this plane: its tenants share one budget of connections.
pub type TenantRegistry = Registry<BudgetedPool>;

/// A path below each prefix of the plane, and what answers there: what a resource gives to [`plane`].
pub type Route = (&'static str, MethodRouter);

/// The prefix for trusted networks, whose callers name a tenant.
const INTERNAL: &str = "/v1/internal";
/// The prefix for callers with an API key.
const PUBLIC: &str = "/v1";

/// The routes of all resources.
fn resources() -> impl Iterator<Item = Route> {
    [users::routes()].into_iter().flatten()
}

/// The tenant plane's routes: each resource at `/v1/internal/…`, for callers from trusted networks who name their tenant,
/// and at `/v1/…`, for callers from anywhere who present an API key.
///
/// The layers go around the methods of each route and not around the router: a path or a method that does not
/// exist is answered before the tenant is resolved, and never opens a pool.
pub fn plane(registry: &TenantRegistry, networks: TrustedNetworks, keys: Arc<dyn ApiKeys>) -> Router {
    // The first layer is the first to see the request: who may call at all, then for which tenant. Both are one layer of
    // a route, since axum clones and boxes each once a request.
    let internal = ServiceBuilder::new()
        .layer(ValidateRequestHeaderLayer::custom(networks))
        .layer(ResolveTenant::by_header(registry.clone()));
    let public = ResolveTenant::by_api_key(registry.clone(), keys);
    let router = mount(Router::new(), INTERNAL, |methods| {
        methods.route_layer(internal.clone())
    });
    mount(router, PUBLIC, |methods| methods.route_layer(public.clone()))
}

/// Adds all resources below this prefix, behind this layer.
fn mount(router: Router, prefix: &str, layered: impl Fn(MethodRouter) -> MethodRouter) -> Router {
    resources().fold(router, |router, (path, methods)| {
        router.route(&format!("{prefix}{path}"), layered(methods))
    })
}
