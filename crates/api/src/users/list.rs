//! `GET …/users`

mod filter;
mod order;

use sqlx::{Postgres, QueryBuilder};
use tenant_registry::TenantDb;
use web::page::{Count, Counting};
use web::{Json, Page, Problem, Query};

use self::filter::ListUsers;
use super::{COLLECTION, User};
use crate::cursors::Cursors;
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
pub(super) async fn list(
    Db(db): Db,
    cursors: Cursors,
    Query(list): Query<ListUsers>,
) -> Result<Json<Page<User>>, Problem> {
    let order = list.order;
    let cursors = cursors.of_list(&list.query())?;
    let after = order.after(&cursors, list.cursor.as_ref())?;
    let mut sql = QueryBuilder::<Postgres>::new(
        "SELECT id, name, confirmed, created_at, updated_at FROM app.users WHERE tenant_id = ",
    );
    sql.push_bind(db.tenant().as_uuid());
    list.push_conditions(&mut sql);
    list.push_page(&mut sql, after.as_ref());
    let users = sql
        .build_query_as::<User>()
        .fetch_all(&db)
        .await
        .map_err(database)?;

    let page = cursors.page(users, list.limit, |last| order.key(last))?;
    Ok(Json(match list.count {
        Counting::None => page,
        Counting::Exact => page.counted(count(&db, &list).await?),
    }))
}

/// The number of all users of the list. They are counted: PostgreSQL keeps no statistics of tenants' tables that could tell
/// it, since these would tell other tenants as well.
async fn count(db: &TenantDb, list: &ListUsers) -> Result<Count, Problem> {
    let mut sql =
        QueryBuilder::<Postgres>::new("SELECT count(*) FROM (SELECT FROM app.users WHERE tenant_id = ");
    sql.push_bind(db.tenant().as_uuid());
    list.push_conditions(&mut sql);
    sql.push(" LIMIT ").push(Count::FETCH).push(") AS counted");
    sql.build_query_scalar()
        .fetch_one(db)
        .await
        .map(Count::of)
        .map_err(database)
}
