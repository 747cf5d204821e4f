//! The same statements over a `PgPool` of one tenant's login: only the pool differs.

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use ordinary::{Counted, User, failed};
use sqlx::PgPool;
use uuid::Uuid;

use super::tenancy::{count, first_ten};

/// One tenant and the pool of its login.
#[derive(Clone)]
pub(super) struct PlainTenant {
    pub(super) pool: PgPool,
    pub(super) id: Uuid,
}

/// Its routes.
pub(super) fn router(tenant: PlainTenant) -> Router {
    Router::new()
        .route("/users", get(list))
        .route("/users/counted", get(counted))
        .with_state(tenant)
}

async fn list(State(tenant): State<PlainTenant>) -> Result<Json<Vec<User>>, StatusCode> {
    Ok(Json(first_ten(&tenant.pool, tenant.id).await.map_err(failed)?))
}

async fn counted(State(tenant): State<PlainTenant>) -> Result<Json<Counted>, StatusCode> {
    Ok(Json(Counted {
        total: count(&tenant.pool, tenant.id).await.map_err(failed)?,
        items: first_ten(&tenant.pool, tenant.id).await.map_err(failed)?,
    }))
}
