//! Liveness and readiness probes, as Kubernetes expects them.

use std::time::Duration;

use axum::BoxError;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use control_plane::Store;
use isolation_doctor::Examinations;
use serde::Serialize;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use web::{Code, Json, Problem};

use crate::codes;

/// Time limit for the control store's answer to a probe.
const PROBE: Duration = Duration::from_secs(2);

/// State that the probes report.
#[derive(Debug, Clone)]
pub struct Health {
    store: Store,
    stopping: CancellationToken,
    examinations: Examinations,
}

impl Health {
    /// Ready while the store answers, `stopping` is not cancelled, and the examinations allow serving tenants.
    pub fn new(store: Store, stopping: CancellationToken, examinations: Examinations) -> Self {
        Self {
            store,
            stopping,
            examinations,
        }
    }
}

/// The state of an instance.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"status": "ready"}))]
struct Status {
    /// `live` or `ready`.
    #[schema(value_type = String)]
    status: &'static str,
}

/// Liveness
///
/// The process answers. Checks nothing else, since a restart repairs no database.
#[utoipa::path(
    get,
    path = "/livez",
    operation_id = "livez",
    tag = "probes",
    responses((status = 200, body = Status))
)]
pub(crate) async fn livez() -> Response {
    Json(Status { status: "live" }).into_response()
}

/// Reasons why an instance is not ready. docs/operating.md has an entry for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotReady {
    /// The instance is shutting down.
    Stopping,
    /// The doctor found an error or could not examine.
    NotIsolated,
    /// The control store does not answer a probe.
    StoreDown,
}

impl NotReady {
    /// All reasons, in the order of the checks.
    pub const ALL: [Self; 3] = [Self::Stopping, Self::NotIsolated, Self::StoreDown];

    /// The error code of a probe's response.
    pub const fn code(self) -> Code {
        match self {
            Self::Stopping => Code::ShuttingDown,
            Self::NotIsolated => codes::NOT_ISOLATED,
            Self::StoreDown => codes::CONTROL_STORE_DOWN,
        }
    }
}

impl Health {
    /// Checks whether this instance accepts requests; otherwise returns the reason and its cause.
    async fn readiness(&self) -> Result<(), (NotReady, Option<BoxError>)> {
        if self.stopping.is_cancelled() {
            return Err((NotReady::Stopping, None));
        }
        if !self.examinations.isolated() {
            return Err((NotReady::NotIsolated, None));
        }
        match timeout(PROBE, self.store.ping()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err((NotReady::StoreDown, Some(error.into()))),
            Err(elapsed) => Err((NotReady::StoreDown, Some(elapsed.into()))),
        }
    }
}

/// Readiness
///
/// The instance accepts requests. Fails without the control store, which is needed to open a tenant's pool, but never
/// because of a tenant's database.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "readyz",
    tag = "probes",
    responses((status = 200, body = Status))
)]
pub(crate) async fn readyz(State(health): State<Health>) -> Result<Response, Problem> {
    match health.readiness().await {
        Ok(()) => Ok(Json(Status { status: "ready" }).into_response()),
        Err((reason, None)) => Err(reason.code().into()),
        Err((reason, Some(cause))) => Err(Problem::new(reason.code()).caused_by(cause)),
    }
}
