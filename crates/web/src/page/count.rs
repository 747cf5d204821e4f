//! The number of all items of a list, counted up to a bound.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;
use utoipa::ToSchema;
use utoipa::openapi::schema::{SchemaType, Type};
use utoipa::openapi::{ObjectBuilder, RefOr, Schema};

/// The parameter `count` of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Counting {
    /// The list is not counted.
    #[default]
    None,
    /// All of its items are counted, on whatever page they are.
    Exact,
}

/// The number of all items of a list: a number up to [`Count::MOST`], `"more"` beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(u32),
    /// More than are counted.
    More,
}

impl Count {
    /// The largest number that is counted. A list is read for it from its beginning, so that a larger one would cost more
    /// than it tells.
    pub const MOST: u32 = 10_000;

    /// Rows to count at most: one more than [`Self::MOST`] says that there are more. For
    /// `SELECT count(*) FROM (SELECT … LIMIT …)`.
    pub const FETCH: u32 = Self::MOST + 1;

    /// What this number of counted rows says.
    pub fn of(rows: i64) -> Self {
        match u32::try_from(rows) {
            Ok(rows) if rows <= Self::MOST => Self::Exactly(rows),
            _ => Self::More,
        }
    }
}

impl Serialize for Count {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Exactly(number) => serializer.serialize_u32(*number),
            Self::More => serializer.serialize_str("more"),
        }
    }
}

/// The schema of a count. One with two types, since generators of clients read two schemas as two models.
pub(super) fn count_schema() -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::Integer, Type::String]))
        .minimum(Some(0))
        .maximum(Some(Count::MOST))
        .pattern(Some("^more$"))
        .examples([json!(17)])
        .description(Some(
            "The number of all items of the list, `more` if there are more than 10000. Only with `count=exact`.",
        ))
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_the_bound_there_are_more() {
        let shown = |rows| serde_json::to_value(Count::of(rows)).unwrap();
        assert_eq!(shown(0), json!(0));
        assert_eq!(shown(10_000), json!(10_000));
        assert_eq!(shown(10_001), json!("more"));
        assert_eq!(Count::FETCH, 10_001);
    }
}
