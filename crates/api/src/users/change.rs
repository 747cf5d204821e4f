//! `PATCH …/users/{id}`

use axum::response::Response;
use http::StatusCode;
use pg_timestamp::Timestamp;
use serde::Deserialize;
use tenant_registry::TenantDb;
use utoipa::ToSchema;
use uuid::Uuid;
use web::etag::etag;
use web::extract::Return;
use web::openapi::nullable;
use web::{Json, NoQuery, Patch, PathId, Problem};

use super::version::{Expected, tag};
use super::{MEMBER, Name, User};
use crate::database::database;
use crate::tenant::Db;

/// The fields to change; an omitted field keeps its value.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"confirmed": true}))]
pub(super) struct ChangeUser {
    name: Option<Name>,
    confirmed: Option<bool>,
}

/// A merge patch of a user (RFC 7396).
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"confirmed": null}))]
#[expect(clippy::option_option, reason = "left as it is, removed, or set")]
pub(super) struct MergeUser {
    name: Option<Name>,
    /// `null` removes it: then it is `false`, as that of a new user without it.
    #[schema(schema_with = nullable::<bool>, required = false)]
    confirmed: Option<Option<bool>>,
}

impl From<MergeUser> for ChangeUser {
    fn from(merge: MergeUser) -> Self {
        Self {
            name: merge.name,
            confirmed: merge.confirmed.map(Option::unwrap_or_default),
        }
    }
}

/// Change a user
///
/// A field that is left out keeps its value. In a merge patch (RFC 7396) `null` removes one.
#[utoipa::path(
    patch,
    path = MEMBER,
    operation_id = "changeUser",
    responses(
        (
            status = 200,
            body = User,
            description = "The user as it is now.",
            headers(("etag" = String, description = "The version of the user, for `If-Match`."))
        ),
        (
            status = 204,
            description = "The same, without a body: `Prefer: return=minimal`.",
            headers(("etag" = String, description = "The version of the user, for `If-Match`."))
        )
    )
)]
pub(super) async fn change(
    Db(db): Db,
    _: NoQuery,
    expected: Expected,
    wanted: Return,
    PathId(id): PathId,
    patch: Patch<ChangeUser, MergeUser>,
) -> Result<Response, Problem> {
    let change: ChangeUser = patch.into_change();
    let user = if change.name.is_none() && change.confirmed.is_none() {
        expected.current(&db, id).await?
    } else {
        apply(&db, id, &change, &expected).await?
    };
    Ok(wanted.respond(StatusCode::OK, etag(&tag(&user)), Json(user)))
}

/// Changes the user, if it is in an expected version.
async fn apply(db: &TenantDb, id: Uuid, change: &ChangeUser, expected: &Expected) -> Result<User, Problem> {
    let changed = sqlx::query_as!(
        User,
        "UPDATE app.users
         SET name = coalesce($3, name), confirmed = coalesce($4, confirmed),
             updated_at = least(
                 greatest(now(), updated_at + interval '1 microsecond'), timestamptz '9999-12-31 23:59:59.999999Z'
             )
         WHERE tenant_id = $1 AND id = $2
             AND ($5::timestamptz[] IS NULL OR updated_at = ANY ($5)) AND updated_at <> ALL ($6::timestamptz[])
         RETURNING id, name, confirmed, created_at, updated_at",
        db.tenant().as_uuid(),
        id,
        change.name.as_deref(),
        change.confirmed,
        expected.only() as Option<&[Timestamp]>,
        expected.except() as &[Timestamp],
    )
    .fetch_optional(db)
    .await
    .map_err(database)?;
    match changed {
        Some(user) => Ok(user),
        None => Err(expected.refusal(db, id).await),
    }
}
