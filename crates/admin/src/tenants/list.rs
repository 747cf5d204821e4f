//! `GET /admin/v1/tenants`

use axum::Json;
use axum::extract::State;
use control_plane::{ControlPlane, ExternalId, Tenant, TenantFilter, TenantName, TenantState, TenantsAfter};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;
use web::page::{self, Limit};
use web::read::rule::{choice, text};
use web::read::timestamp;
use web::{Page, Problem, Query};

use super::view::TenantView;
use crate::store_failed::store_failed;

/// What a cursor of this list is for.
const SHAPE: &str = "tenants created_at asc";

/// Where the next page begins.
#[derive(Serialize, Deserialize)]
struct Key {
    #[serde(with = "timestamp")]
    at: OffsetDateTime,
    id: Uuid,
}

/// A page of tenants in the order of their creation; purged ones only where `state=purged` asks for them.
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    mut query: Query,
) -> Result<Json<Page<TenantView>>, Problem> {
    let states = TenantState::ALL.map(|state| (state.as_str(), state));
    let limit = query.optional("limit", Limit::rule());
    let after = query.optional("cursor", page::cursor::<Key>(SHAPE));
    let state = query.optional("state", choice(&states));
    let name_prefix = query.optional("name_prefix", text(1..=TenantName::MAX));
    let external_id = query.optional("external_id", text(1..=ExternalId::MAX));
    let (limit, after, state, name_prefix, external_id) =
        query.finish((limit, after, state, name_prefix, external_id))?;
    let limit = limit.unwrap_or_default();

    let filter = TenantFilter {
        state,
        name_prefix,
        external_id,
    };
    let after = after.map(|Key { at, id }| TenantsAfter { created_at: at, id });
    let tenants = plane.store().tenants(&filter, after, limit.fetch()).await;
    let page = Page::new(tenants.map_err(store_failed)?, limit, SHAPE, |last: &Tenant| {
        Key {
            at: last.created_at,
            id: last.id.as_uuid(),
        }
    })?;
    Ok(Json(page.map(TenantView::from)))
}
