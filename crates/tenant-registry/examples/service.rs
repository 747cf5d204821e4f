//! An axum service over thousands of tenants in one budget of connections, kept apart by their PostgreSQL logins.
use axum::{Router, http::StatusCode, response::IntoResponse, response::Response, routing::get};
use sqlx::postgres::{PgConnectOptions, PgPool};
use std::{error::Error, sync::Arc};
use tenant_registry::axum::{Db, ResolveTenant, TenantError, TenantHeader, Transaction};
use tenant_registry::{
    Budget, BudgetSettings, BudgetedPool, BudgetedSettings, Registry, RegistrySettings, SentinelSettings,
    SourceError, SourceFuture, TenantId, TenantSource, TenantSpec,
};

/// Where this service keeps its tenants' passwords, and how it reaches their database.
struct Passwords(PgPool, PgConnectOptions);
impl TenantSource for Passwords {
    fn load(&self, tenant: TenantId) -> SourceFuture<'_> {
        Box::pin(async move {
            let query = sqlx::query_scalar("SELECT password FROM tenants WHERE id = $1");
            let found = query.bind(tenant.as_uuid()).fetch_optional(&self.0).await;
            let password: Option<String> = found.map_err(SourceError::unavailable)?;
            let login = format!("tenant_{}", tenant.as_uuid().simple());
            let connect = self.1.clone().username(&login);
            let connect = connect.password(&password.ok_or(SourceError::Unknown)?);
            Ok(TenantSpec::new(tenant, connect, 10))
        })
    }
}

/// A handler that takes `Db` or `Transaction` cannot name another tenant.
async fn count(Db(db): Db) -> Result<String, TenantError> {
    let query = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM app.users");
    Ok(query.fetch_one(&db).await?.to_string())
}

async fn clear(Transaction(mut transaction): Transaction) -> Result<StatusCode, TenantError> {
    let query = sqlx::query("DELETE FROM app.users");
    query.execute(&mut transaction).await?;
    transaction.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a client gets in place of an answer: the status of the error, `Retry-After` where waiting helps, and a text.
fn respond(error: TenantError) -> Response {
    let text = match error.status() {
        StatusCode::NOT_FOUND => "there is no such tenant",
        StatusCode::FORBIDDEN => "the tenant is suspended or locked out",
        StatusCode::TOO_MANY_REQUESTS => "the tenant uses all of its connections",
        StatusCode::SERVICE_UNAVAILABLE => "the database is busy or down: try again",
        StatusCode::GATEWAY_TIMEOUT => "the query took too long, or its connection was lost",
        StatusCode::CONFLICT => "another request was faster: try again",
        _ => "internal error",
    };
    let (parts, _) = error.into_response().into_parts();
    Response::from_parts(parts, text.into())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let data = PgConnectOptions::new().database("app");
    let budget = Budget::start(BudgetSettings::new(SentinelSettings::new(data.clone())));
    let control = PgPool::connect("postgres:///control").await?;
    let source = Arc::new(Passwords(control, data));
    let pools = Arc::new(BudgetedSettings::new(budget));
    let tenants: Registry<BudgetedPool> = Registry::new(source, RegistrySettings::default(), pools);
    // The caller must be allowed to name the tenant: put a layer around this one that checks it.
    let tenant = ResolveTenant::new(tenants, TenantHeader("x-tenant-id")).respond_with(respond);
    let users = get(count).delete(clear).route_layer(tenant);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, Router::new().route("/users", users)).await?)
}
