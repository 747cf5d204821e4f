//! Routes that say which role each of their methods needs.

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use control_plane::{Role, Store};

use crate::attempts::{AttemptLog, attempt, carry};
use crate::auth::{AdminAuth, Caller, authenticate};
use crate::idempotency::idempotent;
use crate::plane::AdminState;

/// A path and its methods. The plane takes nothing else, so no method is without a role.
///
/// ```text
/// Route::at("/admin/v1/tenants").viewer(get(list)).operator(post(create))
/// ```
pub(crate) struct Route {
    path: &'static str,
    methods: Vec<(Role, MethodRouter<AdminState>)>,
}

impl Route {
    /// A route without a method yet.
    pub(crate) fn at(path: &'static str) -> Self {
        Self {
            path,
            methods: Vec::new(),
        }
    }

    /// Methods that look and change nothing.
    pub(crate) fn viewer(self, methods: MethodRouter<AdminState>) -> Self {
        self.needs(Role::Viewer, methods)
    }

    /// Methods that change what can be changed back.
    pub(crate) fn operator(self, methods: MethodRouter<AdminState>) -> Self {
        self.needs(Role::Operator, methods)
    }

    /// Methods that do what cannot be undone, or decide who may do what.
    pub(crate) fn admin(self, methods: MethodRouter<AdminState>) -> Self {
        self.needs(Role::Admin, methods)
    }

    fn needs(mut self, role: Role, methods: MethodRouter<AdminState>) -> Self {
        self.methods.push((role, methods));
        self
    }
}

/// What stands around each method.
#[derive(Clone)]
pub(crate) struct Guards {
    pub(crate) auth: AdminAuth,
    pub(crate) log: AttemptLog,
    pub(crate) store: Store,
}

impl Guards {
    /// Adds the route, guarded. The layers go around the methods: what does not exist asks nobody for a token. From
    /// the outside in: a task of its own, which outlives the client; who is calling; what the audit log should know of it; whether the caller's role will
    /// do; whether it was answered before.
    pub(crate) fn add(&self, router: Router<AdminState>, route: Route) -> Router<AdminState> {
        let methods = route.methods.into_iter().map(|(role, methods)| {
            methods
                .route_layer(from_fn_with_state(self.store.clone(), idempotent))
                .route_layer(from_fn_with_state(role, require))
        });
        let all = methods.fold(MethodRouter::new(), MethodRouter::merge);
        let all = all
            .route_layer(from_fn_with_state(self.log.clone(), attempt))
            .route_layer(from_fn_with_state(
                (self.auth.clone(), self.log.clone()),
                authenticate,
            ))
            .route_layer(from_fn(carry));
        router.route(route.path, all)
    }
}

/// Answers `FORBIDDEN` to a caller with a weaker role.
async fn require(State(role): State<Role>, caller: Caller, request: Request, next: Next) -> Response {
    match caller.needs(role) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
