//! An axum service over thousands of tenants in one budget of connections, kept apart by their PostgreSQL logins.
use axum::{Router, extract::FromRequestParts, http::StatusCode, http::request::Parts, routing::get};
use sqlx::postgres::{PgConnectOptions, PgPool};
use std::{error::Error, sync::Arc};
use tenant_registry::{
    Budget, BudgetSettings, BudgetedPool, BudgetedSettings, Registry, RegistrySettings, SentinelSettings,
    SourceError, SourceFuture, TenantDb, TenantId, TenantSource, TenantSpec,
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

/// A handler that takes this cannot name another tenant. Whoever calls must be allowed to: check that here.
struct Tenant(TenantDb);
impl FromRequestParts<Registry<BudgetedPool>> for Tenant {
    type Rejection = StatusCode;
    async fn from_request_parts(
        parts: &mut Parts,
        tenants: &Registry<BudgetedPool>,
    ) -> Result<Self, StatusCode> {
        let header = parts.headers.get("x-tenant-id").ok_or(StatusCode::BAD_REQUEST)?;
        let id = header.to_str().ok().and_then(|id| id.parse().ok());
        let db = tenants.db(id.ok_or(StatusCode::BAD_REQUEST)?).await;
        db.map(Self).map_err(|_| StatusCode::NOT_FOUND)
    }
}

async fn users(Tenant(db): Tenant) -> Result<String, StatusCode> {
    let count = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM app.users");
    let count = count.fetch_one(&db).await;
    let count = count.map_err(|_| StatusCode::SERVICE_UNAVAILABLE)?;
    Ok(count.to_string())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let data = PgConnectOptions::new().database("app");
    let budget = Budget::start(BudgetSettings::new(SentinelSettings::new(data.clone())));
    let control = PgPool::connect("postgres:///control").await?;
    let source = Arc::new(Passwords(control, data));
    let pools = Arc::new(BudgetedSettings::new(budget));
    let tenants = Registry::new(source, RegistrySettings::default(), pools);
    let app = Router::new().route("/users", get(users)).with_state(tenants);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}
