//! `DELETE …/users/{id}`

use http::StatusCode;
use web::{Code, NoQuery, PathId, Problem};

use super::MEMBER;
use crate::database::database;
use crate::tenant::Db;

/// Delete a user
#[utoipa::path(
    delete,
    path = MEMBER,
    operation_id = "deleteUser",
    responses((status = 204, description = "The user is deleted."))
)]
pub(super) async fn remove(Db(db): Db, _: NoQuery, PathId(id): PathId) -> Result<StatusCode, Problem> {
    // Through a function: a right to DELETE the table would be a right to lock it against all other tenants.
    let deleted = sqlx::query_scalar!(r#"SELECT app.delete_user($1) AS "deleted!""#, id)
        .fetch_one(&db)
        .await
        .map_err(database)?;
    if deleted {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Code::NotFound.into())
    }
}
