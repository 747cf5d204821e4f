//! `GET /admin/v1/tenants/{id}`

use axum::extract::State;
use axum::response::Response;
use control_plane::ControlPlane;
use web::extract::Preconditions;
use web::{NoQuery, PathId, Problem};

use super::MEMBER;
use super::view::details;
use crate::codes;
use crate::store_failed::store_failed;

/// Show a tenant
#[utoipa::path(
    get,
    path = MEMBER,
    operation_id = "showTenant",
    responses(
        (status = 200, body = admin_types::Tenant, headers(("etag" = String, description = "The revision of the tenant, for `If-Match`."))),
        (status = 304, description = "The client's copy is current.", headers(("etag" = String, description = "The revision of the tenant, for `If-Match`.")))
    )
)]
pub(super) async fn show(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    preconditions: Preconditions,
    PathId(id): PathId,
) -> Result<Response, Problem> {
    let tenant = plane.tenant(id.into()).await.map_err(store_failed)?;
    let tenant = tenant.ok_or(codes::TENANT_UNKNOWN)?;
    let login_fault = plane.login_fault(&tenant).await;
    details(tenant, login_fault, &preconditions)
}
