//! `POST /admin/v1/tenants/{id}/suspend`, `/resume`, `/undelete` and `/purge`

use axum::extract::State;
use axum::response::Response;
use control_plane::{Actor, ControlPlane, Transition};
use http::StatusCode;
use tenant_registry::{BudgetedPool, Registry, TenantId};
use web::{NoBody, NoQuery, PathId, Problem};

use super::prefer::Preference;
use super::{refuse, view};
use crate::auth::Caller;
use crate::operations::Accepted;
use crate::revision::Expected;
use crate::store_failed::store_failed;

type Pools = Registry<BudgetedPool>;

/// Declares a handler for each transition; they differ only in that.
macro_rules! transitions {
    ($($(#[$doc:meta])* $name:ident $transition:ident $path:literal $id:literal;)+) => {
        $($(#[$doc])*
        #[utoipa::path(
            post,
            path = $path,
            operation_id = $id,
            tag = "tenants",
            responses(
                (
                    status = 200,
                    body = admin_types::Tenant,
                    description = "The tenant as it is now.",
                    headers(("etag" = String, description = "The revision of the tenant, for `If-Match`."))
                ),
                Accepted
            )
        )]
        pub(super) async fn $name(
            State(plane): State<ControlPlane>,
            State(registry): State<Pools>,
            Caller(actor): Caller,
            expected: Expected,
            preference: Preference,
            PathId(id): PathId,
            _: (NoQuery, NoBody),
        ) -> Result<Response, Problem> {
            start_operation(&plane, &registry, &actor, id.into(), Transition::$transition, expected, preference).await
        })+
    };
}

transitions! {
    /// Suspend a tenant
    ///
    /// Refuses its requests, on every replica within a second, and ends its sessions.
    suspend Suspend "/admin/v1/tenants/{id}/suspend" "suspendTenant";
    /// Resume a tenant
    ///
    /// Serves it again, with its stored password.
    resume Resume "/admin/v1/tenants/{id}/resume" "resumeTenant";
    /// Undelete a tenant
    ///
    /// Restores a deleted tenant to its previous state.
    undelete Undelete "/admin/v1/tenants/{id}/undelete" "undeleteTenant";
    /// Purge a tenant
    ///
    /// Removes a deleted tenant's rows, roles and credentials before the grace period ends. Irreversible.
    purge Purge "/admin/v1/tenants/{id}/purge" "purgeTenant";
}

/// Starts a transition: 200 with the tenant when it is complete; 202 with the operation when that takes longer, or at
/// once with `Prefer: respond-async` (RFC 7240).
pub(super) async fn start_operation(
    plane: &ControlPlane,
    registry: &Pools,
    actor: &Actor,
    tenant: TenantId,
    transition: Transition,
    expected: Expected,
    preference: Preference,
) -> Result<Response, Problem> {
    let started = plane
        .transition(actor, tenant, transition, &expected.optional())
        .await
        .map_err(refuse::change)?;
    // Takes effect at once on this replica; on the others with the change notice.
    registry.invalidate(tenant);
    let (tenant, operation) = started
        .within(plane, preference.max_wait())
        .await
        .map_err(store_failed)?;
    registry.invalidate(tenant.id);
    Ok(preference.applied(view::outcome(StatusCode::OK, tenant, operation)))
}
