//! `GET /admin/v1/tenants`

use axum::Json;
use axum::extract::State;
use control_plane::{ControlPlane, Tenant, TenantsAfter};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;
use web::page::{self, Limit};
use web::read::timestamp;
use web::{Page, Problem, Query};

use super::{TenantView, store_failed};

/// What a cursor of this list is for.
const SHAPE: &str = "tenants created_at asc";

/// Where the next page begins.
#[derive(Serialize, Deserialize)]
struct Key {
    #[serde(with = "timestamp")]
    at: OffsetDateTime,
    id: Uuid,
}

/// A page of tenants in the order of their creation.
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    mut query: Query,
) -> Result<Json<Page<TenantView>>, Problem> {
    let limit = query.optional("limit", Limit::rule());
    let after = query.optional("cursor", page::cursor::<Key>(SHAPE));
    let (limit, after) = query.finish((limit, after))?;
    let limit = limit.unwrap_or_default();

    let after = after.map(|Key { at, id }| TenantsAfter { created_at: at, id });
    let tenants = plane
        .store()
        .tenants(after, limit.fetch())
        .await
        .map_err(store_failed)?;
    let page = Page::new(tenants, limit, SHAPE, |last: &Tenant| Key {
        at: last.created_at,
        id: last.id.as_uuid(),
    })?;
    Ok(Json(page.map(TenantView::from)))
}
