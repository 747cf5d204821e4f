//! `GET …/users`

mod filter;
mod order;

use sqlx::{Postgres, QueryBuilder};
use web::{Json, Page, Problem, Query};

use self::filter::ListUsers;
use super::{COLLECTION, User};
use crate::database::database;
use crate::tenant::Db;

/// List users
///
/// A page of the tenant's users; the id breaks ties of their order.
#[utoipa::path(
    get,
    path = COLLECTION,
    operation_id = "listUsers",
    responses((status = 200, body = Page<User>, description = "A page; `next_cursor` is `null` on the last one."))
)]
pub(super) async fn list(Db(db): Db, Query(list): Query<ListUsers>) -> Result<Json<Page<User>>, Problem> {
    let mut sql = QueryBuilder::<Postgres>::new(
        "SELECT id, name, confirmed, created_at, updated_at FROM app.users WHERE tenant_id = ",
    );
    sql.push_bind(db.tenant().as_uuid());
    list.push(&mut sql);
    let users = sql
        .build_query_as::<User>()
        .fetch_all(&db)
        .await
        .map_err(database)?;

    let order = list.order;
    Page::new(users, list.limit, &order.shape(), |last| order.key(last)).map(Json)
}
