//! Operators' own properties of a tenant.

pub(crate) mod change;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::json::JsonText;

/// A JSON object of the operators' own, such as a contract or a region. The service does not interpret it, and numbers keep
/// all their digits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub struct Metadata(JsonText);

/// Why a JSON value is not valid [`Metadata`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// The value is not an object, or not valid JSON.
    #[error("must be an object")]
    NoObject,
    /// It is too long in PostgreSQL's form, which writes numbers without an exponent.
    #[error("must be an object of at most 16 KiB as JSON, with its numbers written out in full")]
    TooLong,
    /// Some JSON readers would refuse it.
    #[error("must not be nested deeper than {} levels", Metadata::DEEPEST)]
    TooDeep,
    /// PostgreSQL cannot store the NUL character.
    #[error("must not hold the character U+0000")]
    Nul,
}

impl Metadata {
    /// The maximum of bytes, as JSON without white space.
    pub const MAX: usize = 16 * 1024;
    /// The maximum of levels; the object itself is the first.
    pub const DEEPEST: usize = 16;

    /// Checks the object.
    ///
    /// # Errors
    /// When it is not an object, too long or too deep, or cannot be stored unchanged.
    pub fn new(object: Box<RawValue>) -> Result<Self, MetadataError> {
        if !object.get().starts_with('{') {
            return Err(MetadataError::NoObject);
        }
        let length = stored_length(object.get(), 1)?;
        if length > Self::MAX {
            return Err(MetadataError::TooLong);
        }
        Ok(Self(object.into()))
    }

    /// Stored metadata.
    pub(crate) fn stored(text: JsonText) -> Option<Self> {
        text.as_str().starts_with('{').then_some(Self(text))
    }

    pub(crate) fn json(&self) -> &JsonText {
        &self.0
    }

    /// The object as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl TryFrom<Box<RawValue>> for Metadata {
    type Error = MetadataError;

    fn try_from(object: Box<RawValue>) -> Result<Self, Self::Error> {
        Self::new(object)
    }
}

impl From<Metadata> for Box<RawValue> {
    fn from(Metadata(text): Metadata) -> Self {
        text.into()
    }
}

impl Default for Metadata {
    fn default() -> Self {
        Self(JsonText::of(&BTreeMap::<&str, ()>::new()))
    }
}

/// The number of bytes of a value on this level in PostgreSQL's form.
fn stored_length(json: &str, level: usize) -> Result<usize, MetadataError> {
    let below = |json: &RawValue| stored_length(json.get(), level + 1).map(|length| length + 1);
    match json.as_bytes().first() {
        Some(b'{' | b'[') if level > Metadata::DEEPEST => Err(MetadataError::TooDeep),
        Some(b'{') => read::<BTreeMap<String, &RawValue>>(json)?
            .iter()
            .try_fold(2, |sum, (name, value)| {
                Ok(sum + text_length(name)? + 1 + below(value)?)
            }),
        Some(b'[') => read::<Vec<&RawValue>>(json)?
            .iter()
            .try_fold(2, |sum, value| Ok(sum + below(value)?)),
        Some(b'"') => text_length(&read::<Cow<'_, str>>(json)?),
        Some(b'-' | b'0'..=b'9') => number_length(json),
        _ => Ok(json.len()),
    }
}

fn read<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, MetadataError> {
    serde_json::from_str(json).map_err(|_| MetadataError::NoObject)
}

fn text_length(text: &str) -> Result<usize, MetadataError> {
    if text.contains('\0') {
        return Err(MetadataError::Nul);
    }
    serde_json::to_string(text)
        .map(|written| written.len())
        .map_err(|_| MetadataError::NoObject)
}

/// The length of a number in `jsonb`'s form, without an exponent.
fn number_length(number: &str) -> Result<usize, MetadataError> {
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i64 = exponent.parse().map_err(|_| MetadataError::TooLong)?;
    let digits = |text: &str| i64::try_from(text.len()).unwrap_or(i64::MAX);
    let whole = digits(whole).saturating_add(exponent).max(1);
    let fraction = digits(fraction).saturating_sub(exponent).max(0);
    usize::try_from(whole.saturating_add(fraction).saturating_add(2)).map_err(|_| MetadataError::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str) -> Result<String, MetadataError> {
        Metadata::new(serde_json::from_str(json).unwrap()).map(|metadata| metadata.as_str().to_owned())
    }

    #[test]
    fn metadata_that_is_stored_unchanged_is_accepted() {
        for fit in [
            r#"{"backslash": "\\u0000", "\\u0000": 1}"#,
            r#"{"a": [18446744073709551617, -9223372036854775809, 0.5, 1e18, null, true]}"#,
            r#"{"a": 94.95886283158103, "b": 0.1234567890123456789012345678901234567890, "c": 5e-324}"#,
        ] {
            assert_eq!(check(fit).as_deref(), Ok(fit));
        }
        for nul in [
            r#"{"a": "\u0000"}"#,
            r#"{"\u0000": 1}"#,
            r#"{"a": [{"b": "x\u0000"}]}"#,
        ] {
            assert_eq!(check(nul), Err(MetadataError::Nul), "{nul}");
        }
        for other in ["[]", "1", "null", "\"{}\""] {
            assert_eq!(check(other), Err(MetadataError::NoObject), "{other}");
        }
    }

    #[test]
    fn the_length_is_that_of_the_stored_form() {
        let long = format!(r#"{{"a": "{}"}}"#, "x".repeat(Metadata::MAX));
        assert_eq!(check(&long), Err(MetadataError::TooLong));
        for short in [
            r#"{"a": 1e16384}"#,
            r#"{"a": 1e-16384}"#,
            r#"{"a": 1e99999999999999999999}"#,
            r#"{"a": [1e9000, -1E+9000]}"#,
        ] {
            assert_eq!(check(short), Err(MetadataError::TooLong), "{short}");
        }
        assert!(check(r#"{"a": [1e9000, 1.5e-5000, -0]}"#).is_ok());
    }

    #[test]
    fn the_depth_is_bounded() {
        let nested = |depth| format!("{{\"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(check(&nested(Metadata::DEEPEST - 1)).is_ok());
        for deep in [Metadata::DEEPEST, 100_000] {
            assert_eq!(check(&nested(deep)), Err(MetadataError::TooDeep), "{deep}");
        }
    }
}
