//! `GET …/users/{id}`

use tenant_registry::TenantDb;
use uuid::Uuid;
use web::{Code, Json, NoQuery, PathId, Problem};

use super::{MEMBER, User};
use crate::database::database;
use crate::tenant::Db;

/// Show a user
#[utoipa::path(get, path = MEMBER, operation_id = "showUser", responses((status = 200, body = User)))]
pub(super) async fn show(Db(db): Db, _: NoQuery, PathId(id): PathId) -> Result<Json<User>, Problem> {
    find(&db, id).await.map(Json)
}

/// The user of this id. Another tenant's is not found, like one that does not exist.
pub(super) async fn find(db: &TenantDb, id: Uuid) -> Result<User, Problem> {
    sqlx::query_as!(
        User,
        "SELECT id, name, confirmed, created_at, updated_at FROM app.users WHERE tenant_id = $1 AND id = $2",
        db.tenant().as_uuid(),
        id,
    )
    .fetch_optional(db)
    .await
    .map_err(database)?
    .ok_or_else(|| Code::NotFound.into())
}
