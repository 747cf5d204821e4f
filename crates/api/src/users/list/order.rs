//! The order of the list, and the key that a page begins behind.

use pg_timestamp::{Timestamp, exact};
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use utoipa::ToSchema;
use uuid::Uuid;
use web::Problem;
use web::page::{ListCursors, SignedCursor};

use crate::users::User;

/// What a list is sorted by; the id breaks ties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Sort {
    CreatedAt,
    UpdatedAt,
    Name,
}

impl Sort {
    /// The column.
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "created_at",
            Self::UpdatedAt => "updated_at",
            Self::Name => "name",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub(super) enum Direction {
    #[serde(rename = "asc")]
    Ascending,
    #[serde(rename = "desc")]
    Descending,
}

/// Sort and direction.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct Order {
    pub(super) sort: Sort,
    pub(super) direction: Direction,
}

/// The key of the last row of a page.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum Key {
    At(Instant, Uuid),
    Name(String, Uuid),
}

/// A timestamp as it stands in a cursor: with all its microseconds.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Instant(#[serde(with = "exact")] Timestamp);

impl Order {
    /// SQL's word for the direction, and the comparison that leads on in it.
    const fn words(self) -> (&'static str, &'static str) {
        match self.direction {
            Direction::Ascending => ("ASC", ">"),
            Direction::Descending => ("DESC", "<"),
        }
    }

    /// The key in a cursor of the list.
    pub(super) fn after(
        self,
        cursors: &ListCursors,
        cursor: Option<&SignedCursor>,
    ) -> Result<Option<Key>, Problem> {
        Ok(match self.sort {
            Sort::Name => cursors.after(cursor)?.map(|(name, id)| Key::Name(name, id)),
            Sort::CreatedAt | Sort::UpdatedAt => cursors.after(cursor)?.map(|(at, id)| Key::At(at, id)),
        })
    }

    /// The key of this row.
    pub(super) fn key(self, last: &User) -> Key {
        match self.sort {
            Sort::CreatedAt => Key::At(Instant(last.created_at), last.id),
            Sort::UpdatedAt => Key::At(Instant(last.updated_at), last.id),
            Sort::Name => Key::Name(last.name.clone(), last.id),
        }
    }

    /// Only what comes after the key: one comparison of a row, which the index of this order answers.
    pub(super) fn push_after(self, sql: &mut QueryBuilder<Postgres>, after: &Key) {
        sql.push(format_args!(
            " AND ({}, id) {} (",
            self.sort.column(),
            self.words().1
        ));
        match after {
            Key::At(Instant(at), id) => sql.push_bind(*at).push(", ").push_bind(*id),
            Key::Name(name, id) => sql.push_bind(name.clone()).push(", ").push_bind(*id),
        };
        sql.push(")");
    }

    pub(super) fn push_order(self, sql: &mut QueryBuilder<Postgres>) {
        let (column, (word, _)) = (self.sort.column(), self.words());
        sql.push(format_args!(" ORDER BY {column} {word}, id {word}"));
    }
}
