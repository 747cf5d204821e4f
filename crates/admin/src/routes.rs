//! Routes with a required role and an audit action for each method.

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::MethodRouter;
use axum::{Extension, Router};
use control_plane::{AuditAction, Role, Store};

use crate::attempts::{AttemptLog, audit_attempts, run_in_task};
use crate::auth::{AdminAuth, Caller, authenticate};
use crate::idempotency::idempotent;
use crate::plane::AdminState;

/// A path and its methods. The router accepts only this type, so every method has a role and an action.
///
/// ```text
/// Route::at("/admin/v1/tenants")
///     .viewer(TenantList, get(list))
///     .operator(TenantCreate, post(create))
/// ```
pub(crate) struct Route {
    path: &'static str,
    methods: Vec<Method>,
}

/// A method of a route.
struct Method {
    role: Role,
    action: AuditAction,
    handler: MethodRouter<AdminState>,
}

impl Route {
    /// A route without methods.
    pub(crate) fn at(path: &'static str) -> Self {
        Self {
            path,
            methods: Vec::new(),
        }
    }

    /// Adds a read-only method.
    pub(crate) fn viewer(self, action: AuditAction, handler: MethodRouter<AdminState>) -> Self {
        self.needs(Role::Viewer, action, handler)
    }

    /// Adds a method whose effect can be reverted.
    pub(crate) fn operator(self, action: AuditAction, handler: MethodRouter<AdminState>) -> Self {
        self.needs(Role::Operator, action, handler)
    }

    /// Adds a method whose effect is irreversible or concerns permissions.
    pub(crate) fn admin(self, action: AuditAction, handler: MethodRouter<AdminState>) -> Self {
        self.needs(Role::Admin, action, handler)
    }

    fn needs(mut self, role: Role, action: AuditAction, handler: MethodRouter<AdminState>) -> Self {
        self.methods.push(Method {
            role,
            action,
            handler,
        });
        self
    }
}

/// Middleware of each method.
#[derive(Clone)]
pub(crate) struct Guards {
    pub(crate) auth: AdminAuth,
    pub(crate) log: AttemptLog,
    pub(crate) store: Store,
}

impl Guards {
    /// Adds the route with its middleware. The layers wrap each method, so an unknown route needs no token. From the
    /// outside in: audit action, task that survives a disconnect, authentication, audit, required role, idempotency.
    pub(crate) fn add(&self, router: Router<AdminState>, route: Route) -> Router<AdminState> {
        let methods = route.methods.into_iter().map(|method| {
            let auth = (self.auth.clone(), self.log.clone());
            method
                .handler
                .route_layer(from_fn_with_state(self.store.clone(), idempotent))
                .route_layer(from_fn_with_state(method.role, require))
                .route_layer(from_fn_with_state(self.log.clone(), audit_attempts))
                .route_layer(from_fn_with_state(auth, authenticate))
                .route_layer(from_fn(run_in_task))
                .route_layer(Extension(method.action))
        });
        router.route(route.path, methods.fold(MethodRouter::new(), MethodRouter::merge))
    }
}

/// Answers `FORBIDDEN` to a caller with a weaker role.
async fn require(State(role): State<Role>, caller: Caller, request: Request, next: Next) -> Response {
    match caller.needs(role) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
