//! `PATCH …/users/{id}`

use serde::Deserialize;
use utoipa::ToSchema;
use web::openapi::nullable;
use web::{Code, Json, NoQuery, Patch, PathId, Problem};

use super::{MEMBER, Name, User, show};
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
    responses((status = 200, body = User, description = "The user as it is now."))
)]
pub(super) async fn change(
    Db(db): Db,
    _: NoQuery,
    PathId(id): PathId,
    patch: Patch<ChangeUser, MergeUser>,
) -> Result<Json<User>, Problem> {
    let change: ChangeUser = patch.into_change();
    if change.name.is_none() && change.confirmed.is_none() {
        return show::find(&db, id).await.map(Json);
    }

    sqlx::query_as!(
        User,
        "UPDATE app.users
         SET name = coalesce($3, name), confirmed = coalesce($4, confirmed), updated_at = now()
         WHERE tenant_id = $1 AND id = $2
         RETURNING id, name, confirmed, created_at, updated_at",
        db.tenant().as_uuid(),
        id,
        change.name.as_deref(),
        change.confirmed,
    )
    .fetch_optional(&db)
    .await
    .map_err(database)?
    .map(Json)
    .ok_or_else(|| Code::NotFound.into())
}
