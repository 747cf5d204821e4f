//! `GET /admin/v1/tenants/{id}/api-keys` and `GET /admin/v1/api-keys`

use axum::Json;
use axum::extract::State;
use control_plane::{ApiKey, ApiKeyFilter, ControlPlane, CreatedAt};
use tenant_registry::TenantId;
use web::page::{self, Limit};
use web::read::rule::text;
use web::{Code, Page, PathId, Problem, Query};

use super::view::ApiKeyView;
use crate::created::Created;
use crate::store_failed::store_failed;

/// What a cursor of these lists is for.
const SHAPE: &str = "api keys created_at desc";
/// More than is kept of a key.
const PREFIX: usize = 64;

/// A page of a tenant's keys, the latest first.
pub(super) async fn of_tenant(
    State(plane): State<ControlPlane>,
    query: Query,
    PathId(id): PathId,
) -> Result<Json<Page<ApiKeyView>>, Problem> {
    let tenant = plane.tenant(id.into()).await.map_err(store_failed)?;
    let tenant = tenant.ok_or(Code::TenantUnknown)?;
    list(&plane, Some(tenant.id), query).await
}

/// A page of all tenants' keys, the latest first: whose key is it that begins so?
pub(super) async fn of_all(
    State(plane): State<ControlPlane>,
    query: Query,
) -> Result<Json<Page<ApiKeyView>>, Problem> {
    list(&plane, None, query).await
}

async fn list(
    plane: &ControlPlane,
    tenant: Option<TenantId>,
    mut query: Query,
) -> Result<Json<Page<ApiKeyView>>, Problem> {
    let limit = query.optional("limit", Limit::rule());
    let before = query.optional("cursor", page::cursor::<Created>(SHAPE));
    let prefix = query.optional("prefix", text(1..=PREFIX));
    let (limit, before, prefix) = query.finish((limit, before, prefix))?;
    let limit = limit.unwrap_or_default();

    let filter = ApiKeyFilter { tenant, prefix };
    let before = before.map(CreatedAt::from);
    let keys = plane.store().api_keys(&filter, before, limit.fetch()).await;
    let page = Page::new(keys.map_err(store_failed)?, limit, SHAPE, |last: &ApiKey| {
        Created {
            at: last.created_at,
            id: last.id,
        }
    })?;
    Ok(Json(page.map(ApiKeyView::from)))
}
