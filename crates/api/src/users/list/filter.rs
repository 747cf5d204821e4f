//! The parameters of the list.

use pg_timestamp::Timestamp;
use serde::Deserialize;
use sqlx::{Postgres, QueryBuilder};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use web::page::{Counting, Cursor, Limit};
use web::read::{Rfc3339, Text, WrongField};

use super::order::{Direction, Key, Order, Sort};

/// Query parameters of the list, before they are checked together.
#[derive(Debug, Deserialize, IntoParams)]
struct Parameters {
    /// What the users are sorted by; `created_at` if left out.
    #[param(inline)]
    sort: Option<Sort>,
    /// The direction; `asc` if left out.
    #[param(inline)]
    order: Option<Direction>,
    cursor: Option<Cursor>,
    limit: Option<Limit>,
    /// Whether all users of the list are counted, beside those of the page; `none` if left out.
    #[param(inline)]
    count: Option<Counting>,
    /// A part of the name, in any case; `%` and `_` are themselves.
    search: Option<Text<1, 200>>,
    /// Only users that are confirmed, or only those that are not.
    confirmed: Option<bool>,
    /// Only users that were created later.
    created_after: Option<Rfc3339>,
    /// Only users that were created earlier.
    created_before: Option<Rfc3339>,
}

impl IntoParams for ListUsers {
    fn into_params(place: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        Parameters::into_params(place)
    }
}

/// The parameters of the list. The cursor belongs to an order, so that it is read together with that.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Parameters")]
pub(in crate::users) struct ListUsers {
    pub(super) order: Order,
    /// The key that the page begins behind.
    pub(super) after: Option<Key>,
    pub(super) limit: Limit,
    pub(super) count: Counting,
    /// A part of the name, in any case; `%` and `_` are themselves.
    search: Option<Text<1, 200>>,
    confirmed: Option<bool>,
    /// Both without the moment itself.
    created_after: Option<Rfc3339>,
    created_before: Option<Rfc3339>,
}

impl TryFrom<Parameters> for ListUsers {
    type Error = WrongField;

    fn try_from(sent: Parameters) -> Result<Self, WrongField> {
        let order = Order {
            sort: sent.sort.unwrap_or(Sort::CreatedAt),
            direction: sent.order.unwrap_or(Direction::Ascending),
        };
        let after = sent.cursor.map(|cursor| order.after(cursor)).transpose();
        Ok(Self {
            order,
            after: after.map_err(|wrong| WrongField::new("cursor", wrong))?,
            limit: sent.limit.unwrap_or_default(),
            count: sent.count.unwrap_or_default(),
            search: sent.search,
            confirmed: sent.confirmed,
            created_after: sent.created_after,
            created_before: sent.created_before,
        })
    }
}

impl ListUsers {
    /// Adds the conditions that are given. Only what is asked for stands in the text, so that each has a plan of its own.
    /// A connection keeps the hundred texts used last prepared; there are some more.
    pub(super) fn push_conditions(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(search) = &self.search {
            // No pattern: nothing in it has a meaning of its own.
            sql.push(" AND strpos(lower(name), lower(")
                .push_bind(search.as_str().to_owned())
                .push(")) > 0");
        }
        if let Some(confirmed) = self.confirmed {
            sql.push(" AND confirmed = ").push_bind(confirmed);
        }
        if let Some(moment) = self.created_after {
            sql.push(" AND created_at > ")
                .push_bind(Timestamp::floor(moment.into()));
        }
        if let Some(moment) = self.created_before {
            sql.push(" AND created_at < ")
                .push_bind(Timestamp::ceil(moment.into()));
        }
    }

    /// Adds the place where the page begins, the order and the limit.
    pub(super) fn push_page(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(after) = &self.after {
            self.order.push_after(sql, after);
        }
        self.order.push_order(sql);
        // In the text, and not bound: PostgreSQL plans a statement whose limit it does not know anew each time.
        sql.push(" LIMIT ").push(self.limit.fetch());
    }
}
