//! For which tenant a request is, and that tenant's database for its handler.
//!
//! ```
//! use api::{Db, Transaction, database::database};
//! use web::Problem;
//!
//! async fn count(Db(db): Db) -> Result<String, Problem> {
//!     let users: i64 = sqlx::query_scalar("SELECT count(*) FROM app.users WHERE tenant_id = $1")
//!         .bind(db.tenant().as_uuid())
//!         .fetch_one(&db)
//!         .await
//!         .map_err(database)?;
//!     Ok(users.to_string())
//! }
//!
//! async fn confirm_all(Transaction(mut transaction): Transaction) -> Result<(), Problem> {
//!     let tenant = transaction.tenant().as_uuid();
//!     sqlx::query("UPDATE app.users SET confirmed = true WHERE tenant_id = $1")
//!         .bind(tenant)
//!         .execute(&mut transaction)
//!         .await
//!         .map_err(database)?;
//!     transaction.commit().await.map_err(database)
//! }
//! # use axum::routing::{get, post};
//! # let _: axum::Router = axum::Router::new().route("/count", get(count)).route("/confirm", post(confirm_all));
//! ```

mod host;
pub(crate) mod identify;
mod layer;
mod refuse;

pub use host::TenantHosts;
pub(crate) use layer::Identify;
pub use layer::ResolveTenant;
pub use tenant_registry::axum::{Db, Transaction};
