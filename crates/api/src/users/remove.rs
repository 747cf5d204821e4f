//! `DELETE …/users/{id}`

use http::StatusCode;
use pg_timestamp::Timestamp;
use web::{NoQuery, PathId, Problem};

use super::MEMBER;
use super::version::Expected;
use crate::database::database;
use crate::tenant::Db;

/// Delete a user
#[utoipa::path(
    delete,
    path = MEMBER,
    operation_id = "deleteUser",
    responses((status = 204, description = "The user is deleted."))
)]
pub(super) async fn remove(
    Db(db): Db,
    _: NoQuery,
    expected: Expected,
    PathId(id): PathId,
) -> Result<StatusCode, Problem> {
    // Through a function: a right to DELETE the table would be a right to lock it against all other tenants. The row is
    // locked before the function is called, so that it is deleted in the version that was compared.
    let deleted = sqlx::query_scalar!(
        r#"SELECT app.delete_user(id) AS "deleted!"
           FROM (
               SELECT id FROM app.users
               WHERE tenant_id = $1 AND id = $2
                   AND ($3::timestamptz[] IS NULL OR updated_at = ANY ($3)) AND updated_at <> ALL ($4::timestamptz[])
               FOR UPDATE
           ) AS locked"#,
        db.tenant().as_uuid(),
        id,
        expected.only() as Option<&[Timestamp]>,
        expected.except() as &[Timestamp],
    )
    .fetch_optional(&db)
    .await
    .map_err(database)?;
    match deleted {
        Some(true) => Ok(StatusCode::NO_CONTENT),
        _ => Err(expected.refusal(&db, id).await),
    }
}
