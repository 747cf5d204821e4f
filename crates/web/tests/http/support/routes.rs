//! Routes to try things on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{CONTENT_ENCODING, ETAG},
    },
    response::IntoResponse,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;
use uuid::Uuid;
use web::{
    Json, Peer, Problem, Query,
    middleware::{LogContext, client_address},
    page::{Paging, Sorted},
    read::Text,
};

web::plane_codes! {
    TENANT_DB_DOWN SERVICE_UNAVAILABLE retry 5 "The tenant's database cannot be reached" "Retry.";
}

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
        .route("/client", get(client))
        .route(
            "/policy",
            get(async || {
                let policy = ("content-security-policy", "default-src 'self'");
                ([policy, ("cache-control", "max-age=60")], "a page")
            }),
        )
        .route("/wait", get(wait).post(wait))
        .route("/nap", get(nap))
        .route("/big", get(async || Body::from(vec![b'x'; 64 << 20])))
        .route("/page", get(async || Body::from(vec![b'x'; 100_000])))
        .route("/of/{length}", get(of_length).post(of_length))
        .route("/tagged", get(async || ([(ETAG, "\"4\"")], "x".repeat(2000))))
        .route("/cached", get(async || ([(ETAG, "W/\"4\"")], "x".repeat(2000))))
        .route(
            "/encoded",
            get(async || ([(CONTENT_ENCODING, "br")], "x".repeat(2000))),
        )
        .route("/panic", get(panics))
        .route("/tenant", get(tenant))
        .route("/headers", get(async |headers: HeaderMap| format!("{headers:?}")))
        .route("/users", post(create).get(list))
        .route("/bytes", post(async |bytes: Bytes| bytes.len().to_string()))
        .route(
            "/json",
            post(async |axum::Json(value): axum::Json<Vec<u8>>| Json(value)),
        )
        .route(
            "/teapot",
            get(async || (StatusCode::IM_A_TEAPOT, "short and stout")),
        )
        .route(
            "/broken",
            get(async || (StatusCode::BAD_GATEWAY, "secret upstream text")),
        )
        .route("/down", get(down))
        .with_state(gate)
}

async fn client(request: Request) -> String {
    client_address(request.extensions()).map_or("unknown".to_owned(), |client| client.to_string())
}

async fn wait(State(gate): State<Gate>) -> &'static str {
    gate.wait().await;
    "through"
}

async fn nap() -> &'static str {
    tokio::time::sleep(Duration::from_millis(700)).await;
    "rested"
}

async fn of_length(Path(length): Path<usize>) -> String {
    "x".repeat(length)
}

async fn panics() -> StatusCode {
    panic!("secret panic text")
}

async fn down(request: Request) -> Problem {
    LogContext::record(request.extensions(), "tenant", Uuid::from_u128(7));
    Problem::new(TENANT_DB_DOWN).caused_by("secret database text")
}

async fn tenant(request: Request) -> &'static str {
    LogContext::record(request.extensions(), "tenant", Uuid::from_u128(7));
    "known"
}

#[derive(Deserialize)]
struct NewUser {
    name: Text<1, 200>,
    confirmed: Option<bool>,
}

async fn create(Json(new): Json<NewUser>) -> impl IntoResponse {
    (
        StatusCode::CREATED,
        Json(json!({"name": new.name.as_str(), "confirmed": new.confirmed})),
    )
}

struct ByNumber;

impl Sorted for ByNumber {
    const SHAPE: &str = "n asc";
    type Key = u32;
}

async fn list(Query(paging): Query<Paging<ByNumber>>) -> Result<Json<Value>, Problem> {
    let limit = paging.limit();
    let rows = (paging.after().map_or(0, |n| n + 1)..10)
        .take(usize::try_from(limit.fetch()).unwrap())
        .collect();
    let page = web::Page::new(rows, limit, "n asc", |n: &u32| *n)?;
    Ok(Json(json!(page)))
}
