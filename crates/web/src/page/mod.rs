//! Lists that come a page at a time, by keyset: the next page begins behind the last row of this one, however
//! many rows have come or gone in between.
//!
//! ```
//! use web::{Page, Query, page::{self, Limit}, read::rule};
//! # use uuid::Uuid;
//! # struct User { name: String, id: Uuid }
//! # type Rows = dyn Fn(Option<(String, Uuid)>, i64) -> Vec<User>;
//!
//! # fn list(mut query: Query, rows: &Rows) -> Result<Page<String>, web::Problem> {
//! const SHAPE: &str = "users name asc";
//! let limit = query.optional("limit", Limit::rule());
//! let after = query.optional("cursor", page::cursor::<(String, Uuid)>(SHAPE));
//! let (limit, after) = query.finish((limit, after))?;
//! let limit = limit.unwrap_or_default();
//! let rows = rows(after, limit.fetch()); // … WHERE (name, id) > ($1, $2) ORDER BY name, id LIMIT $3
//! let page = Page::new(rows, limit, SHAPE, |user| (user.name.clone(), user.id))?;
//! # Ok(page.map(|user| user.name))
//! # }
//! ```

mod cursor;
mod limit;

use serde::Serialize;

pub use cursor::{CursorRule, cursor};
pub use limit::Limit;

use crate::error::Problem;

/// A page of a list: `{"items":[…],"next_cursor":…}`, the cursor `null` on the last one.
#[derive(Clone, Debug, Serialize)]
pub struct Page<T> {
    items: Vec<T>,
    next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// Makes a page of the rows that [`Limit::fetch`] asked for: one more than the page holds, which tells
    /// that there is a next one. `key` is what the next page begins behind, `shape` names what the rows are
    /// sorted by.
    pub fn new<K: Serialize>(
        mut rows: Vec<T>,
        limit: Limit,
        shape: &str,
        key: impl FnOnce(&T) -> K,
    ) -> Result<Self, Problem> {
        let more = rows.len() > limit.get();
        rows.truncate(limit.get());
        let last = rows.last().filter(|_| more);
        let next_cursor = last
            .map(|row| cursor::encode(shape, &key(row)))
            .transpose()
            .map_err(Problem::internal)?;
        Ok(Self {
            items: rows,
            next_cursor,
        })
    }

    /// The same page, of what is shown in place of what was read.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(show).collect(),
            next_cursor: self.next_cursor,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::read::rule::Rule as _;

    #[test]
    fn a_full_page_leads_to_the_next_and_the_last_one_nowhere() {
        let limit = Limit::rule().text("2").unwrap();
        assert_eq!(limit.fetch(), 3);
        let page = Page::new(vec![10, 20, 30], limit, "n asc", |n| *n).unwrap();
        assert_eq!(page.items, [10, 20]);
        let after = cursor::<i32>("n asc").text(page.next_cursor.as_deref().unwrap());
        assert_eq!(after, Ok(20));

        let last = Page::new(vec![30, 40], limit, "n asc", |n| *n).unwrap();
        assert_eq!(
            serde_json::to_value(last).unwrap(),
            json!({"items": [30, 40], "next_cursor": null})
        );
    }
}
