//! Check that no object in a JSON text has a name twice.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Whether the text is JSON in which no object, on whatever level, has a name twice. `serde_json` and PostgreSQL silently
/// keep the last one, and RFC 8259 leaves open which one holds: a proxy that looked at the other would have let something
/// else pass.
///
/// # Errors
/// When it is no JSON or nested deeper than 127, or has a name twice: then of
/// [`Category::Data`](serde_json::error::Category).
pub fn unique_names(text: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<Unique>(text).map(|Unique| ())
}

/// A value whose objects have each name once.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<Unique, A::Error> {
        while let Some(Unique) = values.next_element()? {}
        Ok(Unique)
    }

    /// With `serde_json`'s feature `arbitrary_precision` a number is a map of one entry here.
    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Unique, A::Error> {
        let mut names = BTreeSet::new();
        while let Some((name, Unique)) = fields.next_entry::<String, _>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a name stands twice in an object"));
            }
        }
        Ok(Unique)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_once_in_each_object() {
        for unique in [
            "1.5e300",
            "1e400",
            r#"{"a": {"a": [{"a": 1}, {"a": 2}]}, "b": [null, true, "\u0000", -1, 0.5]}"#,
        ] {
            assert!(unique_names(unique).is_ok(), "{unique}");
        }
        for twice in [
            r#"{"a": 1, "a": 1}"#,
            r#"{"a": 1, "\u0061": 1}"#,
            r#"[{"b": {"a": 1, "c": 2, "a": {}}}]"#,
        ] {
            assert!(unique_names(twice).is_err_and(|error| error.is_data()), "{twice}");
        }
    }
}
