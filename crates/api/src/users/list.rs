//! `GET …/users`

mod filter;
mod order;

use sqlx::{Postgres, QueryBuilder};
use web::{Json, Page, Problem, Query};

use self::filter::ListUsers;
use super::User;
use crate::database::database;
use crate::tenant::Db;

/// A page of the tenant's users.
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
