//! The service with tenants: a layer leases, an extractor gives the handler its tenant's database.

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use ordinary::{Counted, User, failed};
use tenant_registry::axum::{Db, ResolveTenant, TenantHeader};

use crate::engine::Engine;

const COUNT: &str = "SELECT count(*) FROM app.users WHERE tenant_id = $1";
const LIST: &str = "SELECT id, name, confirmed, created_at, updated_at FROM app.users WHERE tenant_id = $1 \
                    ORDER BY created_at, id LIMIT 10";

/// Its routes.
pub(super) fn router(engine: &Engine) -> Router {
    Router::new()
        .route("/users", get(list))
        .route("/users/counted", get(counted))
        .layer(ResolveTenant::new(
            engine.registry().clone(),
            TenantHeader("x-tenant-id"),
        ))
}

async fn list(Db(db): Db) -> Result<Json<Vec<User>>, StatusCode> {
    let users = sqlx::query_as(LIST).bind(db.tenant().as_uuid()).fetch_all(&db);
    Ok(Json(users.await.map_err(failed)?))
}

async fn counted(Db(db): Db) -> Result<Json<Counted>, StatusCode> {
    let tenant = db.tenant().as_uuid();
    let total = sqlx::query_scalar(COUNT).bind(tenant).fetch_one(&db);
    let total = total.await.map_err(failed)?;
    let items = sqlx::query_as(LIST).bind(tenant).fetch_all(&db);
    Ok(Json(Counted {
        total,
        items: items.await.map_err(failed)?,
    }))
}
