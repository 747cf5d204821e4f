//! Router of the admin plane.

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use control_plane::ControlPlane;
use isolation_doctor::Examinations;
use tenant_registry::{Budget, BudgetedPool, Registry};

use crate::attempts::AttemptLog;
use crate::auth::AdminAuth;
use crate::health::{Health, livez, readyz};
use crate::routes::Guards;
use crate::{api_keys, audit, doctor, operations, pools, tenants, tokens};

/// State of the routes.
#[derive(Clone)]
pub(crate) struct AdminState {
    control_plane: ControlPlane,
    registry: Registry<BudgetedPool>,
    budget: Budget,
    examinations: Examinations,
    auth: AdminAuth,
}

impl FromRef<AdminState> for Examinations {
    fn from_ref(state: &AdminState) -> Self {
        state.examinations.clone()
    }
}

impl FromRef<AdminState> for AdminAuth {
    fn from_ref(state: &AdminState) -> Self {
        state.auth.clone()
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

impl FromRef<AdminState> for Budget {
    fn from_ref(state: &AdminState) -> Self {
        state.budget.clone()
    }
}

/// The admin plane's routes. A changed tenant is invalidated in this registry at once. Probes need no token: they only
/// say whether the service is live and ready.
pub fn plane(
    control_plane: ControlPlane,
    registry: Registry<BudgetedPool>,
    budget: Budget,
    examinations: Examinations,
    auth: AdminAuth,
    health: Health,
) -> Router {
    let probes = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .with_state(health);
    let guards = Guards {
        auth: auth.clone(),
        log: AttemptLog::new(control_plane.store().clone()),
        store: control_plane.store().clone(),
    };
    let routes = [
        tenants::routes(),
        api_keys::routes(),
        pools::routes(),
        operations::routes(),
        tokens::routes(),
        audit::routes(),
        doctor::routes(),
    ];
    routes
        .into_iter()
        .flatten()
        .fold(Router::new(), |router, route| guards.add(router, route))
        .with_state(AdminState {
            control_plane,
            registry,
            budget,
            examinations,
            auth,
        })
        .merge(probes)
}
