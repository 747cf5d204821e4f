//! The service without tenants.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};

use super::user::{Counted, User, failed};

const COUNT: &str = "SELECT count(*) FROM public.users";
const LIST: &str = "SELECT id, name, confirmed, created_at, updated_at FROM public.users \
                    ORDER BY created_at, id LIMIT 10";

/// Its one pool, with a connection as cheap to take as sqlx has it.
pub(super) fn pool(connect: PgConnectOptions, connections: u32) -> PgPool {
    let options = PgPoolOptions::new()
        .max_connections(connections)
        .test_before_acquire(false);
    #[expect(
        clippy::disallowed_methods,
        reason = "the pool of an ordinary service is what is compared with"
    )]
    options.connect_lazy_with(connect)
}

/// Its routes.
pub(super) fn router(pool: PgPool) -> Router {
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
