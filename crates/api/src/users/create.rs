//! `POST …/users`

use axum::extract::MatchedPath;
use axum::response::Response;
use serde::Deserialize;
use sqlx::{Executor, Postgres};
use utoipa::ToSchema;
use web::extract::{Once, Return};
use web::{NoQuery, Problem};

use super::version::tag;
use super::{COLLECTION, Name, User};
use crate::database::database;
use crate::idempotency::{Claim, Created, claim};
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
    Once { body: new, request }: Once<NewUser>,
) -> Result<Response, Problem> {
    // Below the prefix by which the request came.
    let created = |user: &User| {
        let location = format!("{}/{}", collection.as_str(), user.id);
        Created::new(location, &tag(user), user)
    };
    let Some(request) = request else {
        let user = insert(&db, &new).await?;
        return created(&user).map(|created| created.respond(wanted));
    };
    match claim(&db, &request).await? {
        Claim::Replay(created) => Ok(created.replay(wanted)),
        Claim::Run(mut transaction) => {
            let user = insert(&mut transaction, &new).await?;
            let created = created(&user)?;
            created.store(&request, transaction).await?;
            Ok(created.respond(wanted))
        }
    }
}

async fn insert<'c>(db: impl Executor<'c, Database = Postgres>, new: &NewUser) -> Result<User, Problem> {
    // tenant_id is left to its default, the session's own: a tenant has no right to write it.
    sqlx::query_as!(
        User,
        "INSERT INTO app.users (name, confirmed) VALUES ($1, $2)
         RETURNING id, name, confirmed, created_at, updated_at",
        new.name.as_str(),
        new.confirmed.unwrap_or(false),
    )
    .fetch_one(db)
    .await
    .map_err(database)
}
