//! `POST /v1/internal/users`

use axum::Json;
use axum::response::{AppendHeaders, IntoResponse, Response};
use http::{StatusCode, header};
use web::read::rule::boolean;
use web::{JsonObject, NoQuery, Problem};

use super::{COLLECTION, User, name_rule};
use crate::database::database;
use crate::tenant::Db;

/// Adds a user: 201 with its place in `Location`.
pub(super) async fn create(Db(db): Db, _: NoQuery, body: JsonObject) -> Result<Response, Problem> {
    let mut fields = body.fields();
    let name = fields.required("name", name_rule());
    let confirmed = fields.optional("confirmed", boolean());
    let (name, confirmed) = fields.finish((name, confirmed))?;

    // tenant_id is left to its default, the session's own: a tenant has no right to write it.
    let user = sqlx::query_as!(
        User,
        "INSERT INTO app.users (name, confirmed) VALUES ($1, $2)
         RETURNING id, name, confirmed, created_at, updated_at",
        name,
        confirmed.unwrap_or(false),
    )
    .fetch_one(&db)
    .await
    .map_err(database)?;

    let location = format!("{COLLECTION}/{}", user.id);
    Ok((
        StatusCode::CREATED,
        AppendHeaders([(header::LOCATION, location)]),
        Json(user),
    )
        .into_response())
}
