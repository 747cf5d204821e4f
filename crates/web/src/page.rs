//! Lists that come a page at a time, by keyset: the next page begins behind the last row of this one, however
//! many rows have come or gone in between.
//!
//! ```
//! use uuid::Uuid;
//! use web::{Page, Query, page::{Paging, Sorted}};
//! # struct User { name: String, id: Uuid }
//! # type Rows = dyn Fn(Option<(String, Uuid)>, i64) -> Vec<User>;
//!
//! struct ByName;
//!
//! impl Sorted for ByName {
//!     const SHAPE: &str = "users name asc";
//!     type Key = (String, Uuid);
//! }
//!
//! # fn list(Query(paging): Query<Paging<ByName>>, rows: &Rows) -> Result<Page<String>, web::Problem> {
//! let limit = paging.limit();
//! let rows = rows(paging.after(), limit.fetch()); // … WHERE (name, id) > ($1, $2) ORDER BY name, id LIMIT $3
//! let page = Page::new(rows, limit, ByName::SHAPE, |user| (user.name.clone(), user.id))?;
//! # Ok(page.map(|user| user.name))
//! # }
//! ```

mod count;
mod cursor;
mod limit;
mod paging;
mod signed;
mod signed_paging;

use serde::Serialize;
use utoipa::ToSchema;

pub use count::{Count, Counting};
pub use cursor::{After, Cursor, Sorted};
pub use limit::Limit;
pub use paging::Paging;
pub use signed::{CursorKey, CursorKeys, ListCursors, SignedCursor};
pub use signed_paging::SignedPaging;

use crate::error::Problem;

/// A page of a list: `{"items":[…],"next_cursor":…}`, the cursor `null` on the last one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// Its items.
    pub items: Vec<T>,
    /// The cursor of the next page; `null` on the last one.
    #[schema(required)]
    pub next_cursor: Option<String>,
    /// The number of all items, if it was asked for.
    #[schema(schema_with = count::count_schema, required = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<Count>,
}

impl<T> Page<T> {
    /// Makes a page of the rows that [`Limit::fetch`] asked for: one more than the page holds, which tells
    /// that there is a next one. `key` is what the next page begins behind, `shape` names what the rows are
    /// sorted by.
    pub fn new<K: Serialize>(
        rows: Vec<T>,
        limit: Limit,
        shape: &str,
        key: impl FnOnce(&T) -> K,
    ) -> Result<Self, Problem> {
        Self::cut(rows, limit, |last| cursor::encode(shape, &key(last)))
    }

    /// Cuts off the row beyond the limit; if it is there, the cursor is that of the last row on the page.
    fn cut(
        mut rows: Vec<T>,
        limit: Limit,
        cursor: impl FnOnce(&T) -> serde_json::Result<String>,
    ) -> Result<Self, Problem> {
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let last = rows.last().filter(|_| more);
        let next_cursor = last.map(cursor).transpose().map_err(Problem::internal)?;
        Ok(Self {
            items: rows,
            next_cursor,
            count: None,
        })
    }

    /// The same page, of what is shown in place of what was read.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(show).collect(),
            next_cursor: self.next_cursor,
            count: self.count,
        }
    }

    /// The same page, with the number of all items.
    #[must_use]
    pub fn counted(self, count: Count) -> Self {
        Self {
            count: Some(count),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read;

    /// Rows that are numbers.
    pub(super) struct ByNumber;

    impl Sorted for ByNumber {
        const SHAPE: &str = "n asc";
        type Key = i32;
    }

    #[test]
    fn a_full_page_leads_to_the_next_and_the_last_one_nowhere() {
        let limit = read::query::<Paging<ByNumber>>("limit=2").map(|paging| paging.limit());
        let limit = limit.unwrap_or_else(|problem| panic!("{problem:?}"));
        assert_eq!(limit.fetch(), 3);
        let page = Page::new(vec![10, 20, 30], limit, "n asc", |n| *n).unwrap();
        assert_eq!(page.items, [10, 20]);
        let next = format!("cursor={}", page.next_cursor.as_deref().unwrap());
        let after = read::query::<Paging<ByNumber>>(&next).ok();
        assert_eq!(after.and_then(Paging::after), Some(20));

        let last = Page::new(vec![30, 40], limit, "n asc", |n| *n).unwrap();
        assert_eq!(
            serde_json::to_value(last).unwrap(),
            json!({"items": [30, 40], "next_cursor": null})
        );
    }
}
