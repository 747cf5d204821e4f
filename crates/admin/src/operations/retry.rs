//! `POST /admin/v1/operations/{id}/retry`

use axum::extract::State;
use axum::response::Response;
use control_plane::ControlPlane;
use web::{Code, NoBody, NoQuery, PathId, Problem};

use super::accepted;
use crate::store_failed::store_failed;

/// Retry an operation now
///
/// Without waiting for its backoff.
#[utoipa::path(
    post,
    path = "/admin/v1/operations/{id}/retry",
    operation_id = "retryOperation",
    responses((
        status = 202,
        body = admin_types::Operation,
        description = "The operation, which is tried again.",
        headers(
            ("location" = String, description = "The path of the operation."),
            ("retry-after" = u64, description = "Seconds until it is worth looking.")
        )
    ))
)]
pub(super) async fn retry(
    State(plane): State<ControlPlane>,
    _: NoQuery,
    PathId(id): PathId,
    _: NoBody,
) -> Result<Response, Problem> {
    let store = plane.store();
    if let Some(operation) = store.retry_operation(id).await.map_err(store_failed)? {
        return Ok(accepted(operation));
    }
    Err(match store.operation(id).await.map_err(store_failed)? {
        Some(operation) => {
            let detail = format!("the operation has {}", operation.state.as_str());
            Problem::new(Code::Conflict).detail(detail)
        }
        None => Code::NotFound.into(),
    })
}
