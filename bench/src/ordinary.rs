//! An ordinary axum service over one `sqlx::PgPool`, without tenants, logs or metrics: the comparator.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use time::OffsetDateTime;
use uuid::Uuid;

const COUNT: &str = "SELECT count(*) FROM public.users";
const LIST: &str = "SELECT id, name, confirmed, created_at, updated_at FROM public.users \
                    ORDER BY created_at, id LIMIT 10";

/// Its pool. `test_before_acquire`, sqlx's default, is a round trip before each checkout.
pub fn pool(connect: PgConnectOptions, connections: u32, test_before_acquire: bool) -> PgPool {
    let options = PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(test_before_acquire);
    #[expect(
        clippy::disallowed_methods,
        reason = "the pool of an ordinary service is what is compared with"
    )]
    options.connect_lazy_with(connect)
}

/// Its routes.
pub fn router(pool: PgPool) -> Router {
    Router::new()
        .route("/users", get(list))
        .route("/users/counted", get(counted))
        .with_state(pool)
}

async fn list(State(pool): State<PgPool>) -> Result<Json<Vec<User>>, StatusCode> {
    let users = sqlx::query_as(LIST).fetch_all(&pool).await.map_err(failed)?;
    Ok(Json(users))
}

async fn counted(State(pool): State<PgPool>) -> Result<Json<Counted>, StatusCode> {
    let total = sqlx::query_scalar(COUNT).fetch_one(&pool).await.map_err(failed)?;
    let items = sqlx::query_as(LIST).fetch_all(&pool).await.map_err(failed)?;
    Ok(Json(Counted { total, items }))
}

/// A user, as a row and in JSON.
#[derive(Serialize, sqlx::FromRow)]
pub struct User {
    id: Uuid,
    name: String,
    confirmed: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A page, and the number of all users.
#[derive(Serialize)]
pub struct Counted {
    /// Number of all users.
    pub total: i64,
    /// The first ten.
    pub items: Vec<User>,
}

/// A query that failed.
pub fn failed(_: sqlx::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}
