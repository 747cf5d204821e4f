//! Notes: `GET` and `POST /v1/internal/notes`, `GET /v1/internal/notes/{id}`.

use axum::Json;
use axum::routing::get;
use http::StatusCode;
use pg_timestamp::Timestamp;
use serde::Serialize;
use uuid::Uuid;
use web::page::{self, Limit};
use web::read::rule::text;
use web::{Code, JsonObject, Page, PathId, Problem, Query};

use crate::database::database;
use crate::plane::Route;
use crate::tenant::Db;

/// A note, as it is stored and shown.
#[derive(Debug, Serialize, sqlx::FromRow)]
struct Note {
    id: Uuid,
    body: String,
    created_at: Timestamp,
}

/// What the list is sorted by: a cursor of another list is refused.
const SHAPE: &str = "notes id asc";

/// The routes of notes.
pub(crate) fn routes() -> Vec<Route> {
    vec![
        ("/v1/internal/notes", get(list).post(create)),
        ("/v1/internal/notes/{id}", get(show)),
    ]
}

async fn create(Db(db): Db, body: JsonObject) -> Result<(StatusCode, Json<Note>), Problem> {
    let mut fields = body.fields();
    let text = fields.required("body", text(1..=10_000));
    let text = fields.finish(text)?;

    let note = sqlx::query_as("INSERT INTO app.notes (body) VALUES ($1) RETURNING id, body, created_at")
        .bind(text)
        .fetch_one(&db)
        .await
        .map_err(database)?;
    Ok((StatusCode::CREATED, Json(note)))
}

async fn show(Db(db): Db, PathId(id): PathId) -> Result<Json<Note>, Problem> {
    sqlx::query_as("SELECT id, body, created_at FROM app.notes WHERE tenant_id = $1 AND id = $2")
        .bind(db.tenant().as_uuid())
        .bind(id)
        .fetch_optional(&db)
        .await
        .map_err(database)?
        .map(Json)
        .ok_or_else(|| Code::NotFound.into())
}

async fn list(Db(db): Db, mut query: Query) -> Result<Json<Page<Note>>, Problem> {
    let limit = query.optional("limit", Limit::rule());
    let after = query.optional("cursor", page::cursor::<Uuid>(SHAPE));
    let (limit, after) = query.finish((limit, after))?;
    let limit = limit.unwrap_or_default();

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
    Page::new(notes, limit, SHAPE, |last: &Note| last.id).map(Json)
}
