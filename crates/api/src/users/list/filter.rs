//! The parameters of the list.

use pg_timestamp::Timestamp;
use serde::{Deserialize, Serialize};
use sqlx::{Postgres, QueryBuilder};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use web::page::{Counting, Limit, SignedCursor};
use web::read::{Rfc3339, Text};

use super::order::{Direction, Key, Order, Sort};

/// The parameters of the list.
#[derive(Debug, Deserialize, IntoParams)]
struct Parameters {
    /// What the users are sorted by; `created_at` if left out.
    #[param(inline)]
    sort: Option<Sort>,
    /// The direction; `asc` if left out.
    #[param(inline)]
    order: Option<Direction>,
    cursor: Option<SignedCursor>,
    limit: Option<Limit>,
    /// Whether all users of the list are counted, beside those of the page; `none` if left out.
    #[param(inline)]
    count: Option<Counting>,
    /// A part of the name, in any case; `%` and `_` are themselves.
    search: Option<Text<1, 200>>,
    /// The beginning of the name, in any case.
    name_prefix: Option<Text<1, 200>>,
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

/// The parameters of the list, with those that were left out.
#[derive(Debug, Deserialize)]
#[serde(from = "Parameters")]
pub(in crate::users) struct ListUsers {
    pub(super) order: Order,
    pub(super) cursor: Option<SignedCursor>,
    pub(super) limit: Limit,
    pub(super) count: Counting,
    search: Option<Text<1, 200>>,
    name_prefix: Option<Text<1, 200>>,
    confirmed: Option<bool>,
    /// Both without the moment itself.
    created_after: Option<Rfc3339>,
    created_before: Option<Rfc3339>,
}

impl From<Parameters> for ListUsers {
    fn from(sent: Parameters) -> Self {
        Self {
            order: Order {
                sort: sent.sort.unwrap_or(Sort::CreatedAt),
                direction: sent.order.unwrap_or(Direction::Ascending),
            },
            cursor: sent.cursor,
            limit: sent.limit.unwrap_or_default(),
            count: sent.count.unwrap_or_default(),
            search: sent.search,
            name_prefix: sent.name_prefix,
            confirmed: sent.confirmed,
            created_after: sent.created_after,
            created_before: sent.created_before,
        }
    }
}

/// The filters and the order of the list, to which a cursor belongs. Two spellings of one moment are the same filter.
#[derive(Debug, Serialize)]
pub(super) struct ListQuery<'a> {
    list: &'static str,
    order: Order,
    search: Option<&'a str>,
    name_prefix: Option<&'a str>,
    confirmed: Option<bool>,
    created_after: Option<i64>,
    created_before: Option<i64>,
}

impl ListUsers {
    /// What its cursors are bound to.
    pub(super) fn query(&self) -> ListQuery<'_> {
        ListQuery {
            list: "users",
            order: self.order,
            search: self.search.as_deref(),
            name_prefix: self.name_prefix.as_deref(),
            confirmed: self.confirmed,
            created_after: self.created_after().map(Timestamp::micros),
            created_before: self.created_before().map(Timestamp::micros),
        }
    }

    fn created_after(&self) -> Option<Timestamp> {
        self.created_after.map(|moment| Timestamp::floor(moment.into()))
    }

    fn created_before(&self) -> Option<Timestamp> {
        self.created_before.map(|moment| Timestamp::ceil(moment.into()))
    }

    /// Adds the conditions that are given. Only what is asked for stands in the text, so that each has a plan of its own.
    /// A connection keeps the hundred texts used last prepared; there are some more.
    pub(super) fn push_conditions(&self, sql: &mut QueryBuilder<Postgres>) {
        if let Some(search) = &self.search {
            // No pattern: nothing in it has a meaning of its own.
            sql.push(" AND strpos(name_search, ");
            push_folded(sql, search);
            sql.push(") > 0");
        }
        if let Some(prefix) = &self.name_prefix {
            sql.push(" AND name_search >= ");
            push_folded(sql, prefix);
            sql.push(" AND name_search <= ");
            push_folded(sql, prefix);
            // Not before any name that begins so: it ends with more of the last character than a name can have.
            sql.push(r" || repeat(U&'\+10FFFF', 600)");
        }
        if let Some(confirmed) = self.confirmed {
            sql.push(" AND confirmed = ").push_bind(confirmed);
        }
        if let Some(moment) = self.created_after() {
            sql.push(" AND created_at > ").push_bind(moment);
        }
        if let Some(moment) = self.created_before() {
            sql.push(" AND created_at < ").push_bind(moment);
        }
    }

    /// Adds the place where the page begins, the order and the limit.
    pub(super) fn push_page(&self, sql: &mut QueryBuilder<Postgres>, after: Option<&Key>) {
        if let Some(after) = after {
            self.order.push_after(sql, after);
        }
        self.order.push_order(sql);
        // In the text, and not bound: PostgreSQL plans a statement whose limit it does not know anew each time.
        sql.push(" LIMIT ").push(self.limit.fetch());
    }
}

/// Adds this text in the form of the column `name_search`, and compared as it is: see `migrations/tenant/0014_search.sql`.
fn push_folded(sql: &mut QueryBuilder<Postgres>, text: &str) {
    sql.push("(replace(lower(")
        .push_bind(text.to_owned())
        .push(r#" COLLATE "und-x-icu"), U&'\03C2', U&'\03C3') COLLATE "C")"#);
}
