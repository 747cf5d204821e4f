//! The parameters of the list.

use sqlx::{Postgres, QueryBuilder};
use time::OffsetDateTime;
use web::page::Limit;
use web::read::rule::{boolean, choice, text, timestamp};
use web::{Problem, Query};

use super::after::{Direction, Key, Order, Sort};

const SORTS: [(&str, Sort); 3] = [
    (Sort::CreatedAt.column(), Sort::CreatedAt),
    (Sort::UpdatedAt.column(), Sort::UpdatedAt),
    (Sort::Name.column(), Sort::Name),
];
const DIRECTIONS: [(&str, Direction); 2] = [("asc", Direction::Ascending), ("desc", Direction::Descending)];

/// What is asked for: `limit`, `cursor`, `sort`, `order`, `search`, `confirmed`, `created_after`, `created_before`.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) limit: Limit,
    pub(super) order: Order,
    after: Option<Key>,
    /// A part of the name, in any case; `%` and `_` are themselves.
    search: Option<String>,
    confirmed: Option<bool>,
    /// Both without the moment itself.
    created_after: Option<OffsetDateTime>,
    created_before: Option<OffsetDateTime>,
}

impl Filter {
    pub(super) fn read(mut query: Query) -> Result<Self, Problem> {
        let sort = query.optional("sort", choice(&SORTS));
        let direction = query.optional("order", choice(&DIRECTIONS));
        // The cursor belongs to an order. Where that is wrong itself the default's serves, to read on.
        let order = Order {
            sort: sort.get().copied().flatten().unwrap_or(Sort::CreatedAt),
            direction: direction.get().copied().flatten().unwrap_or(Direction::Ascending),
        };
        let after = query.optional("cursor", order);
        let limit = query.optional("limit", Limit::rule());
        let search = query.optional("search", text(1..=200));
        let confirmed = query.optional("confirmed", boolean());
        let created_after = query.optional("created_after", timestamp());
        let created_before = query.optional("created_before", timestamp());
        let (_, _, after, limit, search, confirmed, created_after, created_before) = query.finish((
            sort,
            direction,
            after,
            limit,
            search,
            confirmed,
            created_after,
            created_before,
        ))?;
        Ok(Self {
            limit: limit.unwrap_or_default(),
            order,
            after,
            search,
            confirmed,
            created_after,
            created_before,
        })
    }

    /// Adds the conditions that are given, the order and the limit. Only what is asked for stands in the text, so
    /// that each has a plan of its own. A connection keeps the hundred texts used last prepared; there are some more.
    pub(super) fn push(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(search) = &self.search {
            // No pattern: nothing in it has a meaning of its own.
            sql.push(" AND strpos(lower(name), lower(")
                .push_bind(search.clone())
                .push(")) > 0");
        }
        if let Some(confirmed) = self.confirmed {
            sql.push(" AND confirmed = ").push_bind(confirmed);
        }
        if let Some(moment) = self.created_after {
            sql.push(" AND created_at > ").push_bind(moment);
        }
        if let Some(moment) = self.created_before {
            sql.push(" AND created_at < ").push_bind(moment);
        }
        if let Some(after) = &self.after {
            self.order.push_after(sql, after);
        }
        self.order.push_order(sql);
        // In the text, and not bound: PostgreSQL plans a statement whose limit it does not know anew each time.
        sql.push(" LIMIT ").push(self.limit.fetch());
    }
}
