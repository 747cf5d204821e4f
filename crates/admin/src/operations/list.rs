//! `GET /admin/v1/operations`

use axum::extract::State;
use control_plane::{ControlPlane, CreatedAt, Operation, OperationFilter, OperationKind, OperationState};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa::openapi::{RefOr, Schema};
use uuid::Uuid;
use web::openapi::one_of;
use web::page::{After, Cursor, Limit, Sorted};
use web::read::Id;
use web::{Json, Page, Problem, Query};

use super::{COLLECTION, view};
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
#[derive(Deserialize, IntoParams)]
pub(super) struct ListOperations {
    limit: Option<Limit>,
    #[param(value_type = Option<Cursor>)]
    cursor: Option<After<LatestFirst>>,
    /// Only those of this tenant.
    tenant_id: Option<Id>,
    #[param(schema_with = states)]
    state: Option<OperationState>,
    #[param(schema_with = kinds)]
    kind: Option<OperationKind>,
}

fn states() -> RefOr<Schema> {
    one_of(OperationState::ALL.map(OperationState::as_str))
}

fn kinds() -> RefOr<Schema> {
    one_of(OperationKind::ALL.map(OperationKind::as_str))
}

/// List operations
///
/// The latest first.
#[utoipa::path(
    get,
    path = COLLECTION,
    operation_id = "listOperations",
    responses((status = 200, body = admin_types::Page<admin_types::Operation>, description = "A page; `next_cursor` is `null` on the last one."))
)]
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
