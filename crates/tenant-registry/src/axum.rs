//! Tenants of an axum service: a tower layer that leases the request's tenant, and extractors for handlers.
//!
//! ```no_run
//! use axum::{Router, routing::get};
//! use tenant_registry::axum::{Db, ResolveTenant, TenantError, TenantHeader};
//! # use tenant_registry::{PlainPool, Registry};
//!
//! async fn users(Db(db): Db<PlainPool>) -> Result<String, TenantError> {
//!     let count: i64 = sqlx::query_scalar("SELECT count(*) FROM app.users").fetch_one(&db).await?;
//!     Ok(count.to_string())
//! }
//!
//! # fn service(registry: Registry<PlainPool>) -> Router {
//! let tenant = ResolveTenant::new(registry, TenantHeader("x-tenant-id"));
//! Router::new().route("/users", get(users).route_layer(tenant))
//! # }
//! ```
//!
//! The layer goes around the methods of a route, and not around the router: a path that does not exist then opens no pool.
//! Who may name which tenant is for a layer of yours to check, or for the closure that stands in for [`TenantHeader`].

mod error;
mod extract;
mod identify;
mod layer;
mod statement_timeout;

pub use error::{Respond, TenantError};
pub use extract::{Db, Rejection, Transaction};
pub use identify::{IdentifyTenant, TenantHeader};
pub use layer::{ResolveTenant, ResolveTenantService};
pub use statement_timeout::StatementTimeout;
