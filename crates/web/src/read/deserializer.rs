//! serde deserializer of one field: raw JSON, the text of a query parameter, or nothing.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, IntoDeserializer as _, Unexpected, Visitor};
use serde_json::value::RawValue;

use super::collect::Attempt;
use super::object::{Entries, Fields, Items};
use super::wrong::Wrong;

/// Content of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    /// It was left out.
    Absent,
    /// JSON.
    Json(&'a RawValue),
    /// All parameters of a query.
    Query(&'a [(String, String)]),
    /// A parameter's text.
    Text(&'a str),
    /// A repeated parameter: ambiguous, and a proxy may choose another one.
    Repeated,
}

/// Reads the value of the field at `path`.
pub(super) struct Field<'a> {
    value: Value<'a>,
    path: String,
    attempt: &'a Attempt,
    within_option: bool,
}

impl<'a> Field<'a> {
    pub(super) fn new(value: Value<'a>, path: String, attempt: &'a Attempt) -> Self {
        Self {
            value,
            path,
            attempt,
            within_option: false,
        }
    }

    /// The field's JSON, or the reason why it has none.
    fn json(&self) -> Result<&'a str, Wrong> {
        match self.value {
            Value::Json(json) => Ok(json.get()),
            Value::Absent => Err(Wrong::required()),
            Value::Repeated => Err(Wrong::new("must be given once")),
            Value::Query(_) | Value::Text(_) => Err(Wrong::new("cannot be given in a query")),
        }
    }

    /// The fields of an object, or the parameters of a query.
    fn entries(&self) -> Result<Entries<'a>, Wrong> {
        match self.value {
            Value::Query(parameters) => Ok(Entries::of_query(parameters)),
            _ => Entries::of_json(self.json()?).map_err(Wrong::custom),
        }
    }

    fn fields(self) -> Result<Fields<'a>, Wrong> {
        Ok(Fields::all(self.entries()?, self.path, self.attempt))
    }

    fn is_object(&self) -> bool {
        match self.value {
            Value::Json(json) => json.get().starts_with('{'),
            Value::Query(_) => true,
            _ => false,
        }
    }
}

/// Reads a parameter's text as what is asked for, where JSON says itself what it is.
macro_rules! parsed {
    ($($method:ident $visit:ident $type:ty;)+) => {
        $(fn $method<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
            let Value::Text(text) = self.value else {
                return self.deserialize_any(visitor);
            };
            // `parse` takes a plus sign as well, which in a query is more likely a space gone wrong.
            match text.parse::<$type>() {
                Ok(value) if !text.starts_with('+') => visitor.$visit(value),
                _ => Err(Wrong::invalid_value(Unexpected::Str(text), &visitor)),
            }
        })+
    };
}

impl<'a> Deserializer<'a> for Field<'a> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        if let Value::Text(text) = self.value {
            return visitor.visit_borrowed_str(text);
        }
        if self.is_object() {
            return visitor.visit_map(self.fields()?);
        }
        let json = self.json()?;
        match json.as_bytes().first() {
            Some(b'[') => {
                let items = serde_json::from_str(json).map_err(Wrong::custom)?;
                visitor.visit_seq(Items::new(items, self.path, self.attempt))
            }
            Some(b'"') => visitor.visit_string(serde_json::from_str(json).map_err(Wrong::custom)?),
            Some(b't') => visitor.visit_bool(true),
            Some(b'f') => visitor.visit_bool(false),
            Some(b'n') => visitor.visit_unit(),
            _ => number(json, visitor),
        }
    }

    parsed! {
        deserialize_bool visit_bool bool;
        deserialize_i8 visit_i64 i64;
        deserialize_i16 visit_i64 i64;
        deserialize_i32 visit_i64 i64;
        deserialize_i64 visit_i64 i64;
        deserialize_u8 visit_u64 u64;
        deserialize_u16 visit_u64 u64;
        deserialize_u32 visit_u64 u64;
        deserialize_u64 visit_u64 u64;
        deserialize_f32 visit_f64 f64;
        deserialize_f64 visit_f64 f64;
    }

    /// The outer `Option` may be left out, one within it may be `null`.
    fn deserialize_option<V: Visitor<'a>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match self.value {
            Value::Absent => visitor.visit_none(),
            Value::Json(json) if self.within_option && json.get() == "null" => visitor.visit_none(),
            _ => visitor.visit_some(Self {
                within_option: true,
                ..self
            }),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'a>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        // `RawValue`, which only serde_json's own deserializer can make.
        if name.starts_with("$serde_json::private::") {
            let mut json = serde_json::Deserializer::from_str(self.json()?);
            return json
                .deserialize_newtype_struct(name, visitor)
                .map_err(Wrong::custom);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'a>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        if !self.is_object() {
            return self.deserialize_any(visitor);
        }
        let entries = self.entries()?;
        visitor.visit_map(Fields::of_struct(fields, entries, self.path, self.attempt))
    }

    fn deserialize_enum<V: Visitor<'a>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        if let Value::Text(text) = self.value {
            return visitor.visit_enum(text.into_deserializer());
        }
        let json = self.json()?;
        match json.as_bytes().first() {
            Some(b'"') => {
                let name: String = serde_json::from_str(json).map_err(Wrong::custom)?;
                visitor.visit_enum(name.into_deserializer())
            }
            Some(b'{') => visitor.visit_enum(MapAccessDeserializer::new(self.fields()?)),
            Some(b'n') => Err(Wrong::null()),
            _ => Err(Wrong::new("must be a string")),
        }
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'a>>
        i128 u128 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// A whole number as it is, another one as the nearest that `f64` has.
fn number<'a, V: Visitor<'a>>(json: &str, visitor: V) -> Result<V::Value, Wrong> {
    if let Ok(number) = json.parse() {
        return visitor.visit_u64(number);
    }
    if let Ok(number) = json.parse() {
        return visitor.visit_i64(number);
    }
    match json.parse::<f64>() {
        Ok(number) if number.is_finite() => visitor.visit_f64(number),
        _ => Err(Wrong::invalid_value(Unexpected::Other("number"), &visitor)),
    }
}
