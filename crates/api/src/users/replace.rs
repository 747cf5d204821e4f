//! `PUT …/users/{id}`

use axum::response::Response;
use http::StatusCode;
use pg_timestamp::Timestamp;
use tenant_registry::TenantDb;
use uuid::Uuid;
use web::etag::etag;
use web::extract::Return;
use web::{Code, Json, NoQuery, PathId, Problem};

use super::create::NewUser;
use super::version::{Expected, tag};
use super::{MEMBER, User};
use crate::database::database;
use crate::tenant::Db;

/// Add or replace a user
///
/// Adds a user with this id, or replaces the one that has it. With `If-None-Match: *` it only adds, with `If-Match` it
/// only replaces.
#[utoipa::path(
    put,
    path = MEMBER,
    operation_id = "replaceUser",
    responses(
        (
            status = 200,
            body = User,
            description = "The user as it is now.",
            headers(("etag" = String, description = "The version of the user, for `If-Match`."))
        ),
        (
            status = 201,
            body = User,
            description = "The new user.",
            headers(("etag" = String, description = "The version of the user, for `If-Match`."))
        ),
        (
            status = 204,
            description = "A replaced user, without a body: `Prefer: return=minimal`.",
            headers(("etag" = String, description = "The version of the user, for `If-Match`."))
        )
    )
)]
pub(super) async fn replace(
    Db(db): Db,
    _: NoQuery,
    expected: Expected,
    wanted: Return,
    PathId(id): PathId,
    Json(new): Json<NewUser>,
) -> Result<Response, Problem> {
    let user = if expected.may_be_missing() {
        add_or_replace(&db, id, &new, &expected).await?
    } else {
        replace_existing(&db, id, &new, &expected).await?
    };
    // A replaced user is in a later version than its first.
    let status = if user.created_at == user.updated_at {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok(wanted.respond(status, etag(&tag(&user)), Json(user)))
}

/// Adds the user once: a concurrent statement waits for the row, and then compares its version.
async fn add_or_replace(
    db: &TenantDb,
    id: Uuid,
    new: &NewUser,
    expected: &Expected,
) -> Result<User, Problem> {
    sqlx::query_as!(
        User,
        "INSERT INTO app.users (id, name, confirmed) VALUES ($2, $3, $4)
         ON CONFLICT (tenant_id, id) DO UPDATE
         SET name = excluded.name, confirmed = excluded.confirmed,
             updated_at = least(
                 greatest(now(), users.updated_at + interval '1 microsecond'),
                 timestamptz '9999-12-31 23:59:59.999999Z'
             )
         WHERE users.tenant_id = $1
             AND ($5::timestamptz[] IS NULL OR users.updated_at = ANY ($5))
             AND users.updated_at <> ALL ($6::timestamptz[])
         RETURNING id, name, confirmed, created_at, updated_at",
        db.tenant().as_uuid(),
        id,
        new.name.as_str(),
        new.confirmed.unwrap_or(false),
        expected.only() as Option<&[Timestamp]>,
        expected.except() as &[Timestamp],
    )
    .fetch_optional(db)
    .await
    .map_err(database)?
    .ok_or_else(|| Code::PreconditionFailed.into())
}

async fn replace_existing(
    db: &TenantDb,
    id: Uuid,
    new: &NewUser,
    expected: &Expected,
) -> Result<User, Problem> {
    sqlx::query_as!(
        User,
        "UPDATE app.users
         SET name = $3, confirmed = $4,
             updated_at = least(
                 greatest(now(), updated_at + interval '1 microsecond'), timestamptz '9999-12-31 23:59:59.999999Z'
             )
         WHERE tenant_id = $1 AND id = $2
             AND ($5::timestamptz[] IS NULL OR updated_at = ANY ($5)) AND updated_at <> ALL ($6::timestamptz[])
         RETURNING id, name, confirmed, created_at, updated_at",
        db.tenant().as_uuid(),
        id,
        new.name.as_str(),
        new.confirmed.unwrap_or(false),
        expected.only() as Option<&[Timestamp]>,
        expected.except() as &[Timestamp],
    )
    .fetch_optional(db)
    .await
    .map_err(database)?
    .ok_or_else(|| Code::PreconditionFailed.into())
}
