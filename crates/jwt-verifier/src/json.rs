//! Strict JSON: objects with unique names, and a bounded depth.
//!
//! Two readers of a duplicated name may disagree on its value, so that a token with one is refused as a whole.

use std::collections::HashSet;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The deepest nesting of objects and lists, the outermost object included.
const MAX_DEPTH: usize = 16;

/// The object in these bytes; `None` if they are anything else, have a duplicated name or are nested too deeply.
pub(crate) fn object(bytes: &[u8]) -> Option<Map<String, Value>> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Shape { depth: MAX_DEPTH }.deserialize(&mut json).ok()?;
    json.end().ok()?;
    serde_json::from_slice(bytes).ok()
}

/// Checks a value, and drops it.
#[derive(Clone, Copy)]
struct Shape {
    /// How many levels may follow.
    depth: usize,
}

impl Shape {
    fn inner<E: Error>(self) -> Result<Self, E> {
        let depth = self.depth.checked_sub(1);
        depth
            .map(|depth| Self { depth })
            .ok_or_else(|| E::custom("nested too deeply"))
    }
}

impl<'de> DeserializeSeed<'de> for Shape {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shape {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        while list.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    /// Also a number's: with `arbitrary_precision`, `serde_json` passes one on as an object of one member. So a number
    /// counts as a level.
    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let inner = self.inner()?;
        let mut names = HashSet::new();
        while let Some(name) = object.next_key::<String>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a duplicated name"));
            }
            object.next_value_seed(inner)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_with_unique_names() {
        let text = r#"{"a": [1, -2.5e3, "x", true, null, {}], "b": {"a": {"a": 1}}}"#;
        assert_eq!(object(text.as_bytes()).unwrap().len(), 2);
        for wrong in [
            &br#"{"a": 1, "a": 1}"#[..],
            br#"{"a": 1, "\u0061": 2}"#,
            br#"{"x": [{"a": 1, "a": 2}]}"#,
            br#"{"a": 1} x"#,
            br#"{"a": 1}{"b": 2}"#,
            br#"["a"]"#,
            br#""a""#,
            b"1",
            b"",
            b"{\"a\": \"\xff\"}",
            b"\xef\xbb\xbf{}",
            b"{\"a\": NaN}",
        ] {
            assert_eq!(object(wrong), None, "{}", wrong.escape_ascii());
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = |lists: usize| format!("{{\"a\":{}{}}}", "[".repeat(lists), "]".repeat(lists));
        assert!(object(nested(MAX_DEPTH - 1).as_bytes()).is_some());
        assert_eq!(object(nested(MAX_DEPTH).as_bytes()), None);
        assert_eq!(object(nested(100_000).as_bytes()), None);
    }
}
