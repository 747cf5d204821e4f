//! `POST …/users`

use axum::extract::MatchedPath;
use axum::response::{AppendHeaders, Response};
use http::{StatusCode, header};
use serde::Deserialize;
use utoipa::ToSchema;
use web::etag::etag;
use web::extract::Return;
use web::{Json, NoQuery, Problem};

use super::version::tag;
use super::{COLLECTION, Name, User};
use crate::database::database;
use crate::tenant::Db;

/// A new user.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"name": "Ada Lovelace"}))]
pub(super) struct NewUser {
    pub(super) name: Name,
    /// `false` if left out.
    pub(super) confirmed: Option<bool>,
}

/// Add a user
#[utoipa::path(
    post,
    path = COLLECTION,
    operation_id = "createUser",
    responses((
        status = 201,
        body = User,
        description = "The new user.",
        headers(
            ("location" = String, description = "The path of the user."),
            ("etag" = String, description = "The version of the user, for `If-Match`.")
        )
    ))
)]
pub(super) async fn create(
    Db(db): Db,
    collection: MatchedPath,
    _: NoQuery,
    wanted: Return,
    Json(new): Json<NewUser>,
) -> Result<Response, Problem> {
    // tenant_id is left to its default, the session's own: a tenant has no right to write it.
    let user = sqlx::query_as!(
        User,
        "INSERT INTO app.users (name, confirmed) VALUES ($1, $2)
         RETURNING id, name, confirmed, created_at, updated_at",
        new.name.as_str(),
        new.confirmed.unwrap_or(false),
    )
    .fetch_one(&db)
    .await
    .map_err(database)?;

    // Below the prefix by which the request came.
    let location = format!("{}/{}", collection.as_str(), user.id);
    let headers = (
        AppendHeaders([(header::LOCATION, location)]),
        etag(&tag(&user)),
    );
    Ok(wanted.respond(StatusCode::CREATED, headers, Json(user)))
}
