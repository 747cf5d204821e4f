//! Notes: `GET` and `POST …/notes`, `GET …/notes/{id}`.

use http::StatusCode;
use pg_timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;
use web::page::SignedPaging;
use web::read::Text;
use web::{Code, Json, NoQuery, Page, PathId, Problem, Query, operation};

use crate::cursors::Cursors;
use crate::database::database;
use crate::plane::Route;
use crate::tenant::Db;

/// A note, as it is stored and shown.
#[derive(Debug, Serialize, sqlx::FromRow, ToSchema)]
struct Note {
    id: Uuid,
    body: String,
    #[schema(value_type = web::openapi::Moment)]
    created_at: Timestamp,
}

/// A new note. A field's type says what it may hold.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(example = json!({"body": "Call Ada"}))]
struct NewNote {
    body: Text<1, 10_000>,
}

/// The routes of notes.
pub(crate) fn routes() -> Vec<Route> {
    vec![operation!(list), operation!(create), operation!(show)]
}

/// Add a note
#[utoipa::path(post, path = "/notes", operation_id = "createNote", responses((status = 201, body = Note)))]
async fn create(
    Db(db): Db,
    _: NoQuery,
    Json(new): Json<NewNote>,
) -> Result<(StatusCode, Json<Note>), Problem> {
    let note = sqlx::query_as("INSERT INTO app.notes (body) VALUES ($1) RETURNING id, body, created_at")
        .bind(new.body.as_str())
        .fetch_one(&db)
        .await
        .map_err(database)?;
    Ok((StatusCode::CREATED, Json(note)))
}

/// Show a note
#[utoipa::path(get, path = "/notes/{id}", operation_id = "showNote", responses((status = 200, body = Note)))]
async fn show(Db(db): Db, _: NoQuery, PathId(id): PathId) -> Result<Json<Note>, Problem> {
    sqlx::query_as("SELECT id, body, created_at FROM app.notes WHERE tenant_id = $1 AND id = $2")
        .bind(db.tenant().as_uuid())
        .bind(id)
        .fetch_optional(&db)
        .await
        .map_err(database)?
        .map(Json)
        .ok_or_else(|| Code::NotFound.into())
}

/// List notes
#[utoipa::path(get, path = "/notes", operation_id = "listNotes", responses((status = 200, body = Page<Note>)))]
async fn list(
    Db(db): Db,
    cursors: Cursors,
    Query(paging): Query<SignedPaging>,
) -> Result<Json<Page<Note>>, Problem> {
    // A cursor belongs to the tenant and to this list, of which it says where the page begins.
    let (limit, cursors) = (paging.limit(), cursors.of_list(&"notes by id")?);
    let after: Option<Uuid> = cursors.after(paging.cursor())?;
    let notes = sqlx::query_as(
        "SELECT id, body, created_at FROM app.notes
         WHERE tenant_id = $1 AND ($2::uuid IS NULL OR id > $2)
         ORDER BY id
         LIMIT $3",
    )
    .bind(db.tenant().as_uuid())
    .bind(after)
    .bind(limit.fetch())
    .fetch_all(&db)
    .await
    .map_err(database)?;
    cursors.page(notes, limit, |last: &Note| last.id).map(Json)
}
