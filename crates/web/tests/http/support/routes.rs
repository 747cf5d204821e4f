//! Routes to try things on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Request, State},
    http::StatusCode,
    response::IntoResponse,
    routing::{get, post},
};
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use uuid::Uuid;
use web::{
    Code, JsonObject, Peer, Problem, Query,
    middleware::TenantLabel,
    page::{self, Limit},
    read::rule,
};

/// Holds back requests to `/wait` until they are let through, and counts those who come, go through, and go
/// away.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Counts>);

struct Counts {
    entered: AtomicUsize,
    dropped: AtomicUsize,
    open: Semaphore,
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            entered: AtomicUsize::new(0),
            dropped: AtomicUsize::new(0),
            open: Semaphore::new(0),
        }
    }
}

impl Gate {
    /// Handlers that have begun.
    pub(crate) fn entered(&self) -> usize {
        self.0.entered.load(Ordering::SeqCst)
    }

    /// Handlers that are gone, done or not.
    pub(crate) fn left(&self) -> usize {
        self.0.dropped.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) {
        self.0.open.add_permits(1000);
    }

    async fn wait(&self) {
        struct Leaving<'a>(&'a AtomicUsize);
        impl Drop for Leaving<'_> {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        self.0.entered.fetch_add(1, Ordering::SeqCst);
        let _leaving = Leaving(&self.0.dropped);
        self.0.open.acquire().await.unwrap().forget();
    }
}

pub(super) fn router(gate: Gate) -> Router {
    Router::new()
        .route("/hello", get(async || Json(json!({"hello": "world"}))))
        .route(
            "/peer",
            get(async |axum::Extension(peer): axum::Extension<Peer>| peer.ip().to_string()),
        )
        .route("/wait", get(wait).post(wait))
        .route("/nap", get(nap))
        .route("/big", get(async || Body::from(vec![b'x'; 64 << 20])))
        .route("/page", get(async || Body::from(vec![b'x'; 100_000])))
        .route("/panic", get(panics))
        .route("/tenant", get(tenant))
        .route("/users", post(create).get(list))
        .route("/bytes", post(async |bytes: Bytes| bytes.len().to_string()))
        .route("/json", post(async |Json(value): Json<Vec<u8>>| Json(value)))
        .route(
            "/teapot",
            get(async || (StatusCode::IM_A_TEAPOT, "short and stout")),
        )
        .route(
            "/broken",
            get(async || (StatusCode::BAD_GATEWAY, "secret upstream text")),
        )
        .route(
            "/down",
            get(async || Problem::new(Code::TenantDbDown).caused_by("secret database text")),
        )
        .with_state(gate)
}

async fn wait(State(gate): State<Gate>) -> &'static str {
    gate.wait().await;
    "through"
}

async fn nap() -> &'static str {
    tokio::time::sleep(Duration::from_millis(700)).await;
    "rested"
}

async fn panics() -> StatusCode {
    panic!("secret panic text")
}

async fn tenant(request: Request) -> &'static str {
    TenantLabel::record(request.extensions(), Uuid::from_u128(7));
    "known"
}

async fn create(body: JsonObject) -> Result<impl IntoResponse, Problem> {
    let mut fields = body.fields();
    let name = fields.required("name", rule::text(1..=200));
    let confirmed = fields.optional("confirmed", rule::boolean());
    let (name, confirmed) = fields.finish((name, confirmed))?;
    Ok((
        StatusCode::CREATED,
        Json(json!({"name": name, "confirmed": confirmed})),
    ))
}

async fn list(mut query: Query) -> Result<Json<Value>, Problem> {
    let limit = query.optional("limit", Limit::rule());
    let after = query.optional("cursor", page::cursor::<u32>("n asc"));
    let (limit, after) = query.finish((limit, after))?;
    let limit = limit.unwrap_or_default();
    let rows = (after.map_or(0, |n| n + 1)..10)
        .take(usize::try_from(limit.fetch()).unwrap())
        .collect();
    let page = web::Page::new(rows, limit, "n asc", |n: &u32| *n)?;
    Ok(Json(json!(page)))
}
