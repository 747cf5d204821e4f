//! `GET /admin/v1/tenants/{id}/api-keys` and `GET /admin/v1/api-keys`

use axum::extract::State;
use control_plane::{ApiKey, ApiKeyFilter, ApiKeySecret, ControlPlane, CreatedAt};
use serde::Deserialize;
use tenant_registry::TenantId;
use utoipa::IntoParams;
use web::page::{After, Cursor, Limit, Sorted};
use web::read::Text;
use web::{Json, Page, PathId, Problem, Query};

use super::view::api_key;
use crate::codes;
use crate::created::Created;
use crate::page::page;
use crate::store_failed::store_failed;

/// The order of these lists.
pub(super) struct LatestFirst;

impl Sorted for LatestFirst {
    const SHAPE: &str = "api keys created_at desc";
    type Key = Created;
}

type ApiKeys = Json<admin_types::Page<admin_types::ApiKey>>;

/// The parameters of these lists.
#[derive(Deserialize, IntoParams)]
pub(super) struct ListApiKeys {
    limit: Option<Limit>,
    #[param(value_type = Option<Cursor>)]
    cursor: Option<After<LatestFirst>>,
    // The bound is above a whole key's length.
    /// The first characters of a key. Of more than 16, such as a whole key, only the first 16 count.
    prefix: Option<Text<1, 64>>,
}

/// List API keys of a tenant
///
/// The latest first.
#[utoipa::path(
    get,
    path = "/admin/v1/tenants/{id}/api-keys",
    operation_id = "listApiKeysOfTenant",
    tag = "api-keys",
    responses((status = 200, body = admin_types::Page<admin_types::ApiKey>, description = "A page; `next_cursor` is `null` on the last one."))
)]
pub(super) async fn of_tenant(
    State(plane): State<ControlPlane>,
    PathId(id): PathId,
    Query(query): Query<ListApiKeys>,
) -> Result<ApiKeys, Problem> {
    let tenant = plane.tenant(id.into()).await.map_err(store_failed)?;
    let tenant = tenant.ok_or(codes::TENANT_UNKNOWN)?;
    list(&plane, Some(tenant.id), query).await
}

/// List API keys of all tenants
///
/// The latest first. `prefix` finds the owner of a key.
#[utoipa::path(
    get,
    path = "/admin/v1/api-keys",
    operation_id = "listApiKeys",
    tag = "api-keys",
    responses((status = 200, body = admin_types::Page<admin_types::ApiKey>, description = "A page; `next_cursor` is `null` on the last one."))
)]
pub(super) async fn of_all(
    State(plane): State<ControlPlane>,
    Query(query): Query<ListApiKeys>,
) -> Result<ApiKeys, Problem> {
    list(&plane, None, query).await
}

const _: () = assert!(ApiKeySecret::PREFIX_LENGTH == admin_types::ApiKey::PREFIX_LENGTH);

/// As much of a key as the store has.
fn stored_part(prefix: &str) -> String {
    prefix.chars().take(ApiKeySecret::PREFIX_LENGTH).collect()
}

async fn list(
    plane: &ControlPlane,
    tenant: Option<TenantId>,
    query: ListApiKeys,
) -> Result<ApiKeys, Problem> {
    let limit = query.limit.unwrap_or_default();
    let before = query.cursor.map(|After(key)| CreatedAt::from(key));
    let filter = ApiKeyFilter {
        tenant,
        prefix: query.prefix.map(|prefix| stored_part(&prefix)),
    };
    let keys = plane.store().api_keys(&filter, before, limit.fetch()).await;
    let keys = Page::new(
        keys.map_err(store_failed)?,
        limit,
        LatestFirst::SHAPE,
        |last: &ApiKey| Created {
            at: last.created_at,
            id: last.id,
        },
    )?;
    Ok(page(keys, api_key))
}
