//! What operators note of a tenant.

use serde::Serialize;
use serde_json::{Map, Value};

/// A JSON object of the operators' own, such as a plan or a region. The service reads nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Metadata(Map<String, Value>);

/// Why an object is no [`Metadata`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// It is too long.
    #[error("must be an object of at most 16 KiB as JSON")]
    TooLong,
    /// PostgreSQL keeps no NUL character.
    #[error("must not hold the character U+0000")]
    Nul,
    /// It has been rounded when it was read.
    #[error("must not hold whole numbers of more than 64 bits, which would lose digits: write them as text")]
    Number,
}

impl Metadata {
    /// The most bytes, as JSON.
    pub const MAX: usize = 16 * 1024;

    /// Checks the object.
    ///
    /// # Errors
    /// When it is too long, or holds what cannot be stored as it is.
    pub fn new(object: Map<String, Value>) -> Result<Self, MetadataError> {
        let text = serde_json::to_string(&object).map_err(|_| MetadataError::TooLong)?;
        if text.len() > Self::MAX {
            return Err(MetadataError::TooLong);
        }
        storable_object(&object)?;
        Ok(Self(object))
    }

    /// As it stands in the store.
    pub(crate) fn stored(value: Value) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self(object)),
            _ => None,
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}

fn storable_object(object: &Map<String, Value>) -> Result<(), MetadataError> {
    object.iter().try_for_each(|(name, value)| {
        storable_text(name)?;
        storable(value)
    })
}

/// Recursion goes no deeper than the reader of JSON has let the value be.
fn storable(value: &Value) -> Result<(), MetadataError> {
    match value {
        Value::String(text) => storable_text(text),
        Value::Array(values) => values.iter().try_for_each(storable),
        Value::Object(object) => storable_object(object),
        // One that fits is an integer; a larger one has become a float.
        Value::Number(number) if number.is_f64() => {
            let small = number.as_f64().is_some_and(|float| float.abs() < 2_f64.powi(63));
            small.then_some(()).ok_or(MetadataError::Number)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn storable_text(text: &str) -> Result<(), MetadataError> {
    (!text.contains('\0')).then_some(()).ok_or(MetadataError::Nul)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<(), MetadataError> {
        Metadata::new(serde_json::from_str(json).unwrap()).map(drop)
    }

    #[test]
    fn what_is_kept_as_it_is_is_let_in() {
        for fit in [
            r#"{"backslash": "\\u0000", "\\u0000": 1}"#,
            r#"{"a": [18446744073709551615, -9223372036854775808, 0.5, 1e18, null, true]}"#,
        ] {
            assert_eq!(read(fit), Ok(()), "{fit}");
        }
        for nul in [
            r#"{"a": "\u0000"}"#,
            r#"{"\u0000": 1}"#,
            r#"{"a": [{"b": "x\u0000"}]}"#,
        ] {
            assert_eq!(read(nul), Err(MetadataError::Nul), "{nul}");
        }
        for rounded in [
            r#"{"a": 18446744073709551617}"#,
            r#"{"a": [{"b": -9223372036854775809}]}"#,
        ] {
            assert_eq!(read(rounded), Err(MetadataError::Number), "{rounded}");
        }
        let long = format!(r#"{{"a": "{}"}}"#, "x".repeat(Metadata::MAX));
        assert_eq!(read(&long), Err(MetadataError::TooLong));
    }
}
