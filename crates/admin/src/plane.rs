//! The routes of the admin plane.

use axum::extract::FromRef;
use axum::routing::get;
use axum::{Router, middleware};
use control_plane::ControlPlane;
use control_plane::doctor::Examinations;
use tenant_registry::{BudgetedPool, Registry};

use crate::auth::{AdminAuth, require_token};
use crate::health::{Health, livez, readyz};
use crate::{doctor, tenants};

/// What the routes work on.
#[derive(Clone)]
pub(crate) struct AdminState {
    control_plane: ControlPlane,
    registry: Registry<BudgetedPool>,
    examinations: Examinations,
}

impl FromRef<AdminState> for Examinations {
    fn from_ref(state: &AdminState) -> Self {
        state.examinations.clone()
    }
}

impl FromRef<AdminState> for ControlPlane {
    fn from_ref(state: &AdminState) -> Self {
        state.control_plane.clone()
    }
}

impl FromRef<AdminState> for Registry<BudgetedPool> {
    fn from_ref(state: &AdminState) -> Self {
        state.registry.clone()
    }
}

/// The admin plane's routes; what they change, this registry forgets at once. Probes need no token: they tell nothing
/// but whether the service serves.
pub fn plane(
    control_plane: ControlPlane,
    registry: Registry<BudgetedPool>,
    examinations: Examinations,
    auth: AdminAuth,
    health: Health,
) -> Router {
    let probes = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(health);
    // Around the methods of each route: a route that does not exist asks nobody for a token.
    let guard = middleware::from_fn_with_state(auth, require_token);
    [tenants::routes(), doctor::routes()]
        .into_iter()
        .flatten()
        .fold(Router::new(), |router, (path, methods)| {
            router.route(path, methods.route_layer(guard.clone()))
        })
        .with_state(AdminState {
            control_plane,
            registry,
            examinations,
        })
        .merge(probes)
}
