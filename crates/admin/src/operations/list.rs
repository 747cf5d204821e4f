//! `GET /admin/v1/operations`

use axum::Json;
use axum::extract::State;
use control_plane::{ControlPlane, CreatedAt, Operation, OperationFilter, OperationKind, OperationState};
use web::page::{self, Limit};
use web::read::rule::{choice, uuid};
use web::{Page, Problem, Query};

use super::OperationView;
use crate::created::Created;
use crate::store_failed::store_failed;

/// What a cursor of this list is for.
const SHAPE: &str = "operations created_at desc";

/// A page of operations, the latest first.
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    mut query: Query,
) -> Result<Json<Page<OperationView>>, Problem> {
    let states = OperationState::ALL.map(|state| (state.as_str(), state));
    let kinds = OperationKind::ALL.map(|kind| (kind.as_str(), kind));
    let limit = query.optional("limit", Limit::rule());
    let before = query.optional("cursor", page::cursor::<Created>(SHAPE));
    let tenant = query.optional("tenant_id", uuid());
    let state = query.optional("state", choice(&states));
    let kind = query.optional("kind", choice(&kinds));
    let (limit, before, tenant, state, kind) = query.finish((limit, before, tenant, state, kind))?;
    let limit = limit.unwrap_or_default();

    let filter = OperationFilter {
        tenant: tenant.map(Into::into),
        state,
        kind,
    };
    let before = before.map(CreatedAt::from);
    let operations = plane.store().operations(filter, before, limit.fetch()).await;
    let operations = operations.map_err(store_failed)?;
    let page = Page::new(operations, limit, SHAPE, |last: &Operation| Created {
        at: last.created_at,
        id: last.id,
    })?;
    Ok(Json(page.map(OperationView::from)))
}
