//! `GET …/users/{id}`

use axum::response::Response;
use tenant_registry::TenantDb;
use uuid::Uuid;
use web::etag::conditional;
use web::extract::Preconditions;
use web::{Code, Json, NoQuery, PathId, Problem};

use super::version::tag;
use super::{MEMBER, User};
use crate::database::database;
use crate::tenant::Db;

/// Show a user
#[utoipa::path(
    get,
    path = MEMBER,
    operation_id = "showUser",
    responses(
        (
            status = 200,
            body = User,
            headers(("etag" = String, description = "The version of the user, for `If-Match`."))
        ),
        (
            status = 304,
            description = "The client's copy is current.",
            headers(("etag" = String, description = "The version of the user, for `If-Match`."))
        )
    )
)]
pub(super) async fn show(
    Db(db): Db,
    _: NoQuery,
    preconditions: Preconditions,
    PathId(id): PathId,
) -> Result<Response, Problem> {
    let user = find(&db, id).await?;
    conditional(&tag(&user), &preconditions, Json(user))
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
