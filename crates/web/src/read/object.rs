//! Objects and lists, as serde walks through them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::{DeserializeSeed, IntoDeserializer as _, MapAccess, SeqAccess};
use serde_json::value::RawValue;

use super::collect::Attempt;
use super::deserializer::{Field, Value};
use super::wrong::Wrong;

/// The fields that a client sent, by their names.
pub(super) struct Entries<'a>(BTreeMap<String, Value<'a>>);

impl<'a> Entries<'a> {
    /// Those of a JSON object.
    pub(super) fn of_json(object: &'a str) -> serde_json::Result<Self> {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(object)?;
        let values = fields.into_iter().map(|(name, json)| (name, Value::Json(json)));
        Ok(Self(values.collect()))
    }

    /// Those of a query.
    pub(super) fn of_query(parameters: &'a [(String, String)]) -> Self {
        let mut entries = BTreeMap::new();
        for (name, text) in parameters {
            entries
                .entry(name.clone())
                .and_modify(|value| *value = Value::Repeated)
                .or_insert(Value::Text(text));
        }
        Self(entries)
    }
}

/// Walks through the fields that serde asks for. One that was left out is [`Value::Absent`].
pub(super) struct Fields<'a> {
    rest: std::vec::IntoIter<(Cow<'static, str>, Value<'a>)>,
    next: Option<(String, Value<'a>)>,
    path: String,
    attempt: &'a Attempt,
}

impl<'a> Fields<'a> {
    /// The fields of a struct, in the order of their declaration. Whatever else there is, is noted as unknown.
    pub(super) fn of_struct(
        declared: &'static [&'static str],
        Entries(mut sent): Entries<'a>,
        path: String,
        attempt: &'a Attempt,
    ) -> Self {
        let fields: Vec<_> = declared
            .iter()
            .map(|name| (Cow::Borrowed(*name), sent.remove(*name).unwrap_or(Value::Absent)))
            .collect();
        for name in sent.into_keys() {
            attempt.unknown(below(&path, &name));
        }
        Self {
            rest: fields.into_iter(),
            next: None,
            path,
            attempt,
        }
    }

    /// Every field, for a map.
    pub(super) fn all(Entries(sent): Entries<'a>, path: String, attempt: &'a Attempt) -> Self {
        let fields: Vec<_> = sent
            .into_iter()
            .map(|(name, value)| (Cow::Owned(name), value))
            .collect();
        Self {
            rest: fields.into_iter(),
            next: None,
            path,
            attempt,
        }
    }
}

impl<'a> MapAccess<'a> for Fields<'a> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'a>>(&mut self, seed: K) -> Result<Option<K::Value>, Wrong> {
        let path = &self.path;
        let mut rest = self
            .rest
            .by_ref()
            .map(|(name, value)| (below(path, &name), name, value));
        let Some((path, name, value)) = rest.find(|(path, ..)| !self.attempt.leaves_out(path)) else {
            return Ok(None);
        };
        let key = seed.deserialize(name.into_deserializer());
        let key = key.map_err(|wrong: Wrong| wrong.at(&path))?;
        self.next = Some((path, value));
        Ok(Some(key))
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let (path, value) = self.next.take().ok_or_else(|| Wrong::new("has no value"))?;
        seed.deserialize(Field::new(value, path.clone(), self.attempt))
            .map_err(|wrong| wrong.at(&path))
    }
}

/// Walks through the items of a list.
pub(super) struct Items<'a> {
    rest: std::iter::Enumerate<std::vec::IntoIter<&'a RawValue>>,
    path: String,
    attempt: &'a Attempt,
}

impl<'a> Items<'a> {
    pub(super) fn new(items: Vec<&'a RawValue>, path: String, attempt: &'a Attempt) -> Self {
        Self {
            rest: items.into_iter().enumerate(),
            path,
            attempt,
        }
    }
}

impl<'a> SeqAccess<'a> for Items<'a> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'a>>(&mut self, seed: T) -> Result<Option<T::Value>, Wrong> {
        let path = &self.path;
        let mut rest = self
            .rest
            .by_ref()
            .map(|(index, json)| (below(path, &index.to_string()), json));
        let Some((path, json)) = rest.find(|(path, _)| !self.attempt.leaves_out(path)) else {
            return Ok(None);
        };
        seed.deserialize(Field::new(Value::Json(json), path.clone(), self.attempt))
            .map(Some)
            .map_err(|wrong| wrong.at(&path))
    }
}

/// The path of what is below another path.
pub(super) fn below(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}
