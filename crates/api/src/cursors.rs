//! Cursors of lists of the tenant plane: signed, and bound to the tenant.
//!
//! ```
//! use api::{Cursors, Db, database::database};
//! use web::page::SignedPaging;
//! use web::{Json, Page, Problem, Query};
//!
//! async fn list(
//!     Db(db): Db,
//!     cursors: Cursors,
//!     Query(paging): Query<SignedPaging>,
//! ) -> Result<Json<Page<String>>, Problem> {
//!     let (limit, cursors) = (paging.limit(), cursors.of_list(&"names of users")?);
//!     let after: Option<String> = cursors.after(paging.cursor())?;
//!     let names = sqlx::query_scalar(
//!         "SELECT DISTINCT name FROM app.users
//!          WHERE tenant_id = $1 AND ($2::text IS NULL OR name > $2)
//!          ORDER BY name
//!          LIMIT $3",
//!     )
//!     .bind(db.tenant().as_uuid())
//!     .bind(after)
//!     .bind(limit.fetch())
//!     .fetch_all(&db)
//!     .await
//!     .map_err(database)?;
//!     cursors.page(names, limit, String::clone).map(Json)
//! }
//! # let _: axum::Router = axum::Router::new().route("/names", axum::routing::get(list));
//! ```

use axum::extract::FromRequestParts;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use serde::Serialize;
use tenant_registry::TenantId;
use web::Problem;
use web::openapi::{Input, Inputs};
use web::page::{CursorKeys, ListCursors};

use crate::describe::TenantPlane;
use crate::tenant::Db;

/// Cursors of the request's tenant. The server inserts [`CursorKeys`] into the extensions of each request, the same on every
/// replica.
#[derive(Debug, Clone)]
pub struct Cursors {
    keys: CursorKeys,
    tenant: TenantId,
}

impl Cursors {
    /// Those of one list. Its query is all that decides which rows it has and in which order, but for the limit; it begins
    /// with the list's name. A cursor of another tenant or query is refused, as is one that was altered or made up.
    ///
    /// # Errors
    /// `INTERNAL`, when the query cannot be written as JSON.
    pub fn of_list(&self, query: &impl Serialize) -> Result<ListCursors, Problem> {
        self.keys.of_list(self.tenant.as_uuid().as_bytes(), query)
    }
}

impl<S: Sync> FromRequestParts<S> for Cursors {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let db = <Db as FromRequestParts<S>>::from_request_parts(parts, state).await;
        let Db(db) = db.map_err(IntoResponse::into_response)?;
        let keys = parts.extensions.get().cloned();
        let keys = keys.ok_or_else(|| Problem::internal("the request has no CursorKeys").into_response())?;
        Ok(Self {
            keys,
            tenant: db.tenant(),
        })
    }
}

impl Input<TenantPlane> for Cursors {
    fn describe(inputs: &mut Inputs) {
        <Db as Input<TenantPlane>>::describe(inputs);
    }
}
