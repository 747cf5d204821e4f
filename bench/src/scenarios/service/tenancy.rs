//! The service with tenants: a layer leases, an extractor gives the handler its tenant's database.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::Either;
use tenant_registry::TenantId;
use tower::{Layer, Service};

use super::user::{Counted, User, failed};
use crate::engine::{Db, Engine};

const COUNT: &str = "SELECT count(*) FROM app.users WHERE tenant_id = $1";
const LIST: &str = "SELECT id, name, confirmed, created_at, updated_at FROM app.users WHERE tenant_id = $1 \
                    ORDER BY created_at, id LIMIT 10";

/// Its routes.
pub(super) fn router(engine: &Engine) -> Router {
    Router::new()
        .route("/users", get(list))
        .route("/users/counted", get(counted))
        .layer(Resolve(engine.clone()))
}

async fn list(Tenant(db): Tenant) -> Result<Json<Vec<User>>, StatusCode> {
    let users = sqlx::query_as(LIST).bind(db.tenant().as_uuid()).fetch_all(&db);
    Ok(Json(users.await.map_err(failed)?))
}

async fn counted(Tenant(db): Tenant) -> Result<Json<Counted>, StatusCode> {
    let tenant = db.tenant().as_uuid();
    let total = sqlx::query_scalar(COUNT).bind(tenant).fetch_one(&db);
    let total = total.await.map_err(failed)?;
    let items = sqlx::query_as(LIST).bind(tenant).fetch_all(&db);
    Ok(Json(Counted {
        total,
        items: items.await.map_err(failed)?,
    }))
}

/// What a handler takes.
struct Tenant(Db);

impl<S: Sync> FromRequestParts<S> for Tenant {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        let db = parts.extensions.get::<Db>().cloned();
        db.map(Self).ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Leases the pool of the tenant that the header names, as the service's own layer does.
#[derive(Clone)]
struct Resolve(Engine);

impl<S> Layer<S> for Resolve {
    type Service = Resolving<S>;

    fn layer(&self, inner: S) -> Resolving<S> {
        Resolving {
            inner,
            engine: self.0.clone(),
        }
    }
}

#[derive(Clone)]
struct Resolving<S> {
    inner: S,
    engine: Engine,
}

impl<S> Service<Request> for Resolving<S>
where
    S: Service<Request, Response = Response> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response;
    type Error = S::Error;
    type Future = Either<S::Future, Pin<Box<dyn Future<Output = Result<Response, S::Error>> + Send>>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request) -> Self::Future {
        let Some(tenant) = named(request.headers()) else {
            return Either::Right(Box::pin(async { Ok(StatusCode::BAD_REQUEST.into_response()) }));
        };
        if let Some(db) = self.engine.resident(tenant) {
            request.extensions_mut().insert(db);
            return Either::Left(self.inner.call(request));
        }
        // The service that was polled ready is the one to call.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let engine = self.engine.clone();
        Either::Right(Box::pin(async move {
            match engine.db(tenant).await {
                Ok(db) => {
                    request.extensions_mut().insert(db);
                    inner.call(request).await
                }
                Err(_) => Ok(StatusCode::SERVICE_UNAVAILABLE.into_response()),
            }
        }))
    }
}

fn named(headers: &HeaderMap) -> Option<TenantId> {
    headers.get("x-tenant-id")?.to_str().ok()?.parse().ok()
}
