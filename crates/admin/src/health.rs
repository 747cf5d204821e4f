//! Probes, as Kubernetes asks them.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use control_plane::Store;
use control_plane::doctor::Examinations;
use serde::Serialize;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use web::{Code, Problem};

/// How long the control store may take to answer a probe.
const PROBE: Duration = Duration::from_secs(2);

/// What the probes look at.
#[derive(Debug, Clone)]
pub struct Health {
    store: Store,
    stopping: CancellationToken,
    examinations: Examinations,
}

impl Health {
    /// Ready as long as this store answers, nobody has asked to stop, and tenants may be served after these
    /// examinations.
    pub fn new(store: Store, stopping: CancellationToken, examinations: Examinations) -> Self {
        Self {
            store,
            stopping,
            examinations,
        }
    }
}

#[derive(Serialize)]
struct Status {
    status: &'static str,
}

/// `GET /livez`: the process answers. It looks at nothing else: a restart mends no database.
pub(crate) async fn livez() -> Response {
    Json(Status { status: "live" }).into_response()
}

/// `GET /readyz`: requests may be sent here. A tenant's dead database never fails it; without the control store a
/// tenant that is not resident could not be served.
pub(crate) async fn readyz(State(health): State<Health>) -> Result<Response, Problem> {
    if health.stopping.is_cancelled() {
        return Err(Code::ShuttingDown.into());
    }
    if !health.examinations.isolated() {
        return Err(Code::NotIsolated.into());
    }
    match timeout(PROBE, health.store.ping()).await {
        Ok(Ok(())) => Ok(Json(Status { status: "ready" }).into_response()),
        Ok(Err(error)) => Err(Problem::new(Code::ControlStoreDown).caused_by(error)),
        Err(elapsed) => Err(Problem::new(Code::ControlStoreDown).caused_by(elapsed)),
    }
}
