//! The routes of the tenant plane.

use axum::Router;
use axum::routing::MethodRouter;
use tenant_registry::{BudgetedPool, Registry};
use tower::ServiceBuilder;
use tower_http::validate_request::ValidateRequestHeaderLayer;

use crate::network::TrustedNetworks;
use crate::tenant::ResolveTenant;
use crate::users;

/// The registry that serves this plane: its tenants share one budget of connections.
pub type TenantRegistry = Registry<BudgetedPool>;

/// A path and what answers there: what a resource gives to [`plane`].
pub type Route = (&'static str, MethodRouter);

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
    [users::routes()]
        .into_iter()
        .flatten()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods.route_layer(layers.clone()))
        })
}
