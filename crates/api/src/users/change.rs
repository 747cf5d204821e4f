//! `PATCH /v1/internal/users/{id}`

use axum::Json;
use web::read::rule::boolean;
use web::{Code, JsonObject, NoQuery, PathId, Problem};

use super::{User, name_rule, show};
use crate::database::database;
use crate::tenant::Db;

/// Changes the fields that are given and leaves the others: 200 with the user as it is now.
pub(super) async fn change(
    Db(db): Db,
    _: NoQuery,
    PathId(id): PathId,
    body: JsonObject,
) -> Result<Json<User>, Problem> {
    let mut fields = body.fields();
    let name = fields.optional("name", name_rule());
    let confirmed = fields.optional("confirmed", boolean());
    let (name, confirmed) = fields.finish((name, confirmed))?;
    if name.is_none() && confirmed.is_none() {
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
        name,
        confirmed,
    )
    .fetch_optional(&db)
    .await
    .map_err(database)?
    .map(Json)
    .ok_or_else(|| Code::NotFound.into())
}
