//! Router of the admin plane.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use control_plane::ControlPlane;
use isolation_doctor::Examinations;
use tenant_registry::{Budget, BudgetedPool, Registry};
use web::openapi::Operation;
use web::operation;

use crate::attempts::AttemptLog;
use crate::auth::AdminAuth;
use crate::describe::AdminPlane;
use crate::health::{self, Health, NotReady};
use crate::issuers::{self, Issuers};
use crate::routes::{Guards, Route};
use crate::{api_keys, audit, doctor, operations, plans, pools, tenants, tokens};

/// State of the routes.
#[derive(Clone)]
pub(crate) struct AdminState {
    control_plane: ControlPlane,
    registry: Registry<BudgetedPool>,
    budget: Budget,
    examinations: Examinations,
    issuers: Arc<dyn Issuers>,
    auth: AdminAuth,
}

impl FromRef<AdminState> for Examinations {
    fn from_ref(state: &AdminState) -> Self {
        state.examinations.clone()
    }
}

impl FromRef<AdminState> for Arc<dyn Issuers> {
    fn from_ref(state: &AdminState) -> Self {
        Self::clone(&state.issuers)
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

/// The routes that need a token.
pub(crate) fn routes() -> impl Iterator<Item = Route> {
    let routes = [
        tenants::routes(),
        plans::routes(),
        api_keys::routes(),
        pools::routes(),
        operations::routes(),
        tokens::routes(),
        issuers::routes(),
        audit::routes(),
        doctor::routes(),
    ];
    routes.into_iter().flatten()
}

/// The routes that need none.
pub(crate) fn probes() -> impl Iterator<Item = Operation<AdminPlane, Health>> {
    let readyz = operation!(health::readyz).refuses(&NotReady::ALL.map(NotReady::code));
    [operation!(health::livez), readyz].into_iter()
}

/// The admin plane's routes. A changed tenant is invalidated in this registry at once. Probes need no token: they only
/// say whether the service is live and ready.
pub fn plane(
    control_plane: ControlPlane,
    registry: Registry<BudgetedPool>,
    budget: Budget,
    examinations: Examinations,
    issuers: Arc<dyn Issuers>,
    auth: AdminAuth,
    health: Health,
) -> Router {
    let probes = probes().fold(Router::new(), |router, probe| {
        let path = probe.path().to_owned();
        router.route(&path, probe.split().1)
    });
    let guards = Guards {
        auth: auth.clone(),
        log: AttemptLog::new(control_plane.store().clone()),
        store: control_plane.store().clone(),
    };
    routes()
        .fold(Router::new(), |router, route| guards.add(router, route))
        .with_state(AdminState {
            control_plane,
            registry,
            budget,
            examinations,
            issuers,
            auth,
        })
        .merge(probes.with_state(health))
}
