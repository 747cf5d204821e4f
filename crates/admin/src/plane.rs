//! The routes of the admin plane.

use axum::routing::get;
use axum::{Router, middleware};
use control_plane::ControlPlane;

use crate::auth::{AdminAuth, require_token};
use crate::health::{Health, livez, readyz};
use crate::tenants;

/// The admin plane's routes. Probes need no token: they tell nothing but whether the service serves.
pub fn plane(control_plane: ControlPlane, auth: AdminAuth, health: Health) -> Router {
    let probes = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(health);
    // Around the methods of each route: a route that does not exist asks nobody for a token.
    let guard = middleware::from_fn_with_state(auth, require_token);
    tenants::routes()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods.route_layer(guard.clone()))
        })
        .with_state(control_plane)
        .merge(probes)
}
