//! `GET /admin/v1/tenants`

use axum::Json;
use axum::extract::State;
use control_plane::{ControlPlane, CreatedAt, ExternalId, Tenant, TenantFilter, TenantName, TenantState};
use web::page::{self, Limit};
use web::read::rule::{choice, text};
use web::{Page, Problem, Query};

use super::view::TenantView;
use crate::created::Created;
use crate::store_failed::store_failed;

/// What a cursor of this list is for.
const SHAPE: &str = "tenants created_at asc";

/// A page of tenants in the order of their creation; purged ones only where `state=purged` asks for them.
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    mut query: Query,
) -> Result<Json<Page<TenantView>>, Problem> {
    let states = TenantState::ALL.map(|state| (state.as_str(), state));
    let limit = query.optional("limit", Limit::rule());
    let after = query.optional("cursor", page::cursor::<Created>(SHAPE));
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
    let after = after.map(CreatedAt::from);
    let tenants = plane.store().tenants(&filter, after, limit.fetch()).await;
    let page = Page::new(tenants.map_err(store_failed)?, limit, SHAPE, |last: &Tenant| {
        Created {
            at: last.created_at,
            id: last.id.as_uuid(),
        }
    })?;
    Ok(Json(page.map(TenantView::from)))
}
