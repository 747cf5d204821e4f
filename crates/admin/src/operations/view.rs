//! Response view of an operation.

use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{Operation, OperationState, Step};
use http::{StatusCode, header};
use utoipa::IntoResponses;
use web::Json;

use super::COLLECTION;

/// Shows an operation.
pub(super) fn operation(operation: Operation) -> admin_types::Operation {
    let failing = operation.attempts > 0 && operation.state == OperationState::Running;
    admin_types::Operation {
        id: operation.id,
        tenant_id: operation.tenant.as_uuid(),
        kind: operation.kind.as_str().into(),
        state: operation.state.as_str().into(),
        progress: admin_types::Progress {
            step: operation.step().map(Step::as_str).map(Into::into),
            steps_done: operation.steps_done as u64,
            steps_total: operation.kind.steps().len() as u64,
            rows_removed: operation.rows_removed,
        },
        attempts: operation.attempts,
        last_error: operation.last_error,
        next_attempt_at: failing.then_some(operation.due_at.into()),
        actor: operation.actor,
        created_at: operation.created_at.into(),
        updated_at: operation.updated_at.into(),
        finished_at: operation.finished_at.map(Into::into),
    }
}

/// The description of [`accepted`].
#[derive(IntoResponses)]
#[response(
    status = 202,
    description = "The operation is not complete yet, or the client prefers not to wait.",
    headers(
        ("location" = String, description = "The path of the operation."),
        ("retry-after" = u64, description = "Seconds until it is worth looking."),
        ("preference-applied" = String, description = "`respond-async`, if the client asked for it.")
    )
)]
#[expect(dead_code, reason = "for its description")]
pub(crate) struct Accepted(admin_types::Operation);

/// 202 with the operation, and its URL in `Location`.
pub(crate) fn accepted(operation: Operation) -> Response {
    let location = format!("{COLLECTION}/{}", operation.id);
    let headers = AppendHeaders([
        (header::LOCATION, location),
        (header::RETRY_AFTER, "1".to_owned()),
    ]);
    (StatusCode::ACCEPTED, headers, Json(self::operation(operation))).into_response()
}
