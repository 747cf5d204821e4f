//! Routes with a required role and an audit action.

use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::{Extension, Router};
use control_plane::{AuditAction, Role, Store};
use serde_json::json;
use web::openapi::{Description, Operation};

use crate::attempts::{AttemptLog, audit_attempts, run_in_task};
use crate::auth::{AdminAuth, Caller, authenticate};
use crate::describe::{AdminPlane, Guarded};
use crate::idempotency::{REPLAYED, RequestKey, idempotent};
use crate::plane::AdminState;

/// The security scheme of all routes but the probes.
pub(crate) const BEARER: &str = "bearer";

/// A method of a path. The router accepts only this type, so every method has a role and an action, and is described.
///
/// ```text
/// Route::viewer(TenantList, operation!(list))
/// Route::operator(TenantCreate, operation!(create, [TENANT_EXISTS]))
/// ```
pub(crate) struct Route {
    role: Role,
    action: AuditAction,
    operation: Operation<AdminPlane, AdminState>,
}

impl Route {
    /// A read-only method.
    pub(crate) fn viewer(action: AuditAction, operation: Operation<AdminPlane, AdminState>) -> Self {
        Self::needs(Role::Viewer, action, operation)
    }

    /// A method whose effect can be reverted.
    pub(crate) fn operator(action: AuditAction, operation: Operation<AdminPlane, AdminState>) -> Self {
        Self::needs(Role::Operator, action, operation)
    }

    /// A method whose effect is irreversible or concerns permissions.
    pub(crate) fn admin(action: AuditAction, operation: Operation<AdminPlane, AdminState>) -> Self {
        Self::needs(Role::Admin, action, operation)
    }

    fn needs(role: Role, action: AuditAction, operation: Operation<AdminPlane, AdminState>) -> Self {
        let mut operation = operation
            .behind::<Guarded>()
            .secured_by(BEARER)
            .with("x-required-role", json!(role.as_str()))
            .with("x-audit-action", json!(action.as_str()));
        if operation.method() == "post" {
            operation = operation.behind::<RequestKey>().answers_with(
                REPLAYED.as_str(),
                "`true` if the answer is that of an earlier request with the same `Idempotency-Key`.",
            );
        }
        Self {
            role,
            action,
            operation,
        }
    }

    /// The description.
    pub(crate) fn describe(self) -> Description {
        self.operation.split().0
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
    /// Adds the route with its middleware. The layers wrap the method, so an unknown route needs no token. From the
    /// outside in: audit action, task that survives a disconnect, authentication, audit, required role, idempotency.
    pub(crate) fn add(&self, router: Router<AdminState>, route: Route) -> Router<AdminState> {
        let auth = (self.auth.clone(), self.log.clone());
        let path = route.operation.path().to_owned();
        let (_, methods) = route.operation.split();
        let methods = methods
            .route_layer(from_fn_with_state(self.store.clone(), idempotent))
            .route_layer(from_fn_with_state(route.role, require))
            .route_layer(from_fn_with_state(self.log.clone(), audit_attempts))
            .route_layer(from_fn_with_state(auth, authenticate))
            .route_layer(from_fn(run_in_task))
            .route_layer(Extension(route.action));
        router.route(&path, methods)
    }
}

/// Answers `FORBIDDEN` to a caller with a weaker role.
async fn require(State(role): State<Role>, caller: Caller, request: Request, next: Next) -> Response {
    match caller.needs(role) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}
