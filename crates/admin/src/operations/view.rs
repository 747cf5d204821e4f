//! An operation, as it is shown.

use axum::Json;
use axum::response::{AppendHeaders, IntoResponse, Response};
use control_plane::{Operation, OperationKind, OperationState, Step};
use http::{StatusCode, header};
use pg_timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::COLLECTION;

/// An operation, as it is shown.
#[derive(Serialize)]
pub(crate) struct OperationView {
    id: Uuid,
    tenant_id: Uuid,
    kind: OperationKind,
    state: OperationState,
    progress: Progress,
    /// How often the step that it is at has failed in a row, why the last time, and when it is tried again.
    attempts: i32,
    last_error: Option<String>,
    next_attempt_at: Option<Timestamp>,
    /// Who asked for it.
    actor: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    finished_at: Option<Timestamp>,
}

/// How far it is.
#[derive(Serialize)]
struct Progress {
    step: Option<Step>,
    steps_done: usize,
    steps_total: usize,
    rows_removed: i64,
}

impl From<Operation> for OperationView {
    fn from(operation: Operation) -> Self {
        let failing = operation.attempts > 0 && operation.state == OperationState::Running;
        Self {
            id: operation.id,
            tenant_id: operation.tenant.as_uuid(),
            kind: operation.kind,
            state: operation.state,
            progress: Progress {
                step: operation.step(),
                steps_done: operation.steps_done,
                steps_total: operation.kind.steps().len(),
                rows_removed: operation.rows_removed,
            },
            attempts: operation.attempts,
            last_error: operation.last_error,
            next_attempt_at: failing.then_some(operation.due_at),
            actor: operation.actor,
            created_at: operation.created_at,
            updated_at: operation.updated_at,
            finished_at: operation.finished_at,
        }
    }
}

impl OperationView {
    /// 202: it goes on, and can be watched at its place.
    pub(crate) fn accepted(self) -> Response {
        let location = format!("{COLLECTION}/{}", self.id);
        let headers = AppendHeaders([
            (header::LOCATION, location),
            (header::RETRY_AFTER, "1".to_owned()),
        ]);
        (StatusCode::ACCEPTED, headers, Json(self)).into_response()
    }
}
