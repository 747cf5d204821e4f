//! `PATCH …/users/{id}`

use serde::Deserialize;
use utoipa::ToSchema;
use web::{Code, Json, NoQuery, PathId, Problem};

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

/// Change a user
///
/// A field that is left out keeps its value.
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
    Json(change): Json<ChangeUser>,
) -> Result<Json<User>, Problem> {
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
