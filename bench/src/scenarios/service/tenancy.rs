//! The service with tenants: a layer leases, an extractor gives the handler its tenant's database.

use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use ordinary::{Counted, User, failed};
use sqlx::{Executor, Postgres};
use tenant_registry::axum::{Db, ResolveTenant, TenantHeader};
use uuid::Uuid;

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
    let tenant = db.tenant().as_uuid();
    Ok(Json(first_ten(&db, tenant).await.map_err(failed)?))
}

async fn counted(Db(db): Db) -> Result<Json<Counted>, StatusCode> {
    let tenant = db.tenant().as_uuid();
    Ok(Json(Counted {
        total: count(&db, tenant).await.map_err(failed)?,
        items: first_ten(&db, tenant).await.map_err(failed)?,
    }))
}

/// The tenant's first ten users.
pub(super) async fn first_ten<'c, E>(db: E, tenant: Uuid) -> sqlx::Result<Vec<User>>
where
    E: Executor<'c, Database = Postgres>,
{
    sqlx::query_as(LIST).bind(tenant).fetch_all(db).await
}

/// The number of the tenant's users.
pub(super) async fn count<'c, E>(db: E, tenant: Uuid) -> sqlx::Result<i64>
where
    E: Executor<'c, Database = Postgres>,
{
    sqlx::query_scalar(COUNT).bind(tenant).fetch_one(db).await
}
