//! What both services answer with.

use axum::http::StatusCode;
use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// A user, as a row and in JSON.
#[derive(Serialize, sqlx::FromRow)]
pub(super) struct User {
    id: Uuid,
    name: String,
    confirmed: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339")]
    updated_at: OffsetDateTime,
}

/// A page and how many there are in all.
#[derive(Serialize)]
pub(super) struct Counted {
    pub(super) total: i64,
    pub(super) items: Vec<User>,
}

/// A query that failed.
pub(super) fn failed(_: sqlx::Error) -> StatusCode {
    StatusCode::INTERNAL_SERVER_ERROR
}
