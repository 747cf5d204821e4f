//! `GET /admin/v1/operations`

use axum::extract::State;
use control_plane::{ControlPlane, CreatedAt, Operation, OperationFilter, OperationKind, OperationState};
use serde::Deserialize;
use uuid::Uuid;
use web::page::{After, Limit, Sorted};
use web::read::Id;
use web::{Json, Page, Problem, Query};

use super::view;
use crate::created::Created;
use crate::page::page;
use crate::store_failed::store_failed;

/// The order of the list.
pub(super) struct LatestFirst;

impl Sorted for LatestFirst {
    const SHAPE: &str = "operations created_at desc";
    type Key = Created;
}

/// The parameters of the list.
#[derive(Deserialize)]
pub(super) struct ListOperations {
    limit: Option<Limit>,
    cursor: Option<After<LatestFirst>>,
    tenant_id: Option<Id>,
    state: Option<OperationState>,
    kind: Option<OperationKind>,
}

/// A page of operations, the latest first.
pub(super) async fn list(
    State(plane): State<ControlPlane>,
    Query(query): Query<ListOperations>,
) -> Result<Json<admin_types::Page<admin_types::Operation>>, Problem> {
    let limit = query.limit.unwrap_or_default();
    let before = query.cursor.map(|After(key)| CreatedAt::from(key));
    let filter = OperationFilter {
        tenant: query.tenant_id.map(|id| Uuid::from(id).into()),
        state: query.state,
        kind: query.kind,
    };
    let operations = plane.store().operations(filter, before, limit.fetch()).await;
    let operations = operations.map_err(store_failed)?;
    let operations = Page::new(operations, limit, LatestFirst::SHAPE, |last: &Operation| {
        Created {
            at: last.created_at,
            id: last.id,
        }
    })?;
    Ok(page(operations, view::operation))
}
