//! `GET /v1/internal/users`

mod after;
mod filter;

use axum::Json;
use sqlx::{Postgres, QueryBuilder};
use web::{Page, Problem, Query};

use self::filter::Filter;
use super::User;
use crate::database::database;
use crate::tenant::Db;

/// A page of the tenant's users.
pub(super) async fn list(Db(db): Db, query: Query) -> Result<Json<Page<User>>, Problem> {
    let filter = Filter::read(query)?;

    let mut sql = QueryBuilder::<Postgres>::new(
        "SELECT id, name, confirmed, created_at, updated_at FROM app.users WHERE tenant_id = ",
    );
    sql.push_bind(db.tenant().as_uuid());
    filter.push(&mut sql);
    let users = sql
        .build_query_as::<User>()
        .fetch_all(&db)
        .await
        .map_err(database)?;

    Page::new(users, filter.limit, &filter.order.shape(), |last| {
        filter.order.key(last)
    })
    .map(Json)
}
