//! What a handler asks for: its tenant's database, or a transaction in it.

use axum::extract::FromRequestParts;
use http::request::Parts;
use tenant_registry::{TenantDb, TenantTransaction};
use web::Problem;

use crate::database::database;

/// The tenant's database, leased for the length of the request.
///
/// ```
/// use api::{Db, database::database};
/// use web::Problem;
///
/// async fn count(Db(db): Db) -> Result<String, Problem> {
///     let users: i64 = sqlx::query_scalar("SELECT count(*) FROM app.users WHERE tenant_id = $1")
///         .bind(db.tenant().as_uuid())
///         .fetch_one(&db)
///         .await
///         .map_err(database)?;
///     Ok(users.to_string())
/// }
/// # let _: axum::Router = axum::Router::new().route("/count", axum::routing::get(count));
/// ```
#[derive(Debug, Clone)]
pub struct Db(pub TenantDb);

impl<S: Sync> FromRequestParts<S> for Db {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let db = parts.extensions.get::<TenantDb>().cloned();
        db.map(Self)
            .ok_or_else(|| Problem::internal("the route is not behind ResolveTenant"))
    }
}

/// A transaction in the tenant's database, begun before the handler and rolled back unless the handler commits it.
///
/// ```
/// use api::{Transaction, database::database};
/// use web::Problem;
///
/// async fn confirm_all(Transaction(mut transaction): Transaction) -> Result<(), Problem> {
///     let tenant = transaction.tenant().as_uuid();
///     sqlx::query("UPDATE app.users SET confirmed = true WHERE tenant_id = $1")
///         .bind(tenant)
///         .execute(&mut transaction)
///         .await
///         .map_err(database)?;
///     transaction.commit().await.map_err(database)
/// }
/// # let _: axum::Router = axum::Router::new().route("/confirm", axum::routing::post(confirm_all));
/// ```
#[derive(Debug)]
pub struct Transaction(pub TenantTransaction);

impl<S: Sync> FromRequestParts<S> for Transaction {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Db(db) = Db::from_request_parts(parts, state).await?;
        db.begin().await.map(Self).map_err(database)
    }
}
