//! What a field may hold. The same rule reads a JSON value and a parameter's text.

use std::{borrow::Cow, ops::RangeInclusive};

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use super::timestamp;

/// What is wrong with a value, to be read behind the field's name: "must be …".
pub type Wrong = Cow<'static, str>;

/// Reads a value, or says what is wrong with it.
pub trait Rule: Sized {
    /// What is read.
    type Value;

    /// Reads a parameter's text.
    fn text(self, text: &str) -> Result<Self::Value, Wrong>;

    /// Reads a JSON value that is not `null`. Unless overridden: a string, as [`Rule::text`].
    fn json(self, value: &RawValue) -> Result<Self::Value, Wrong> {
        let text: Cow<'_, str> = read(value).ok_or("must be a string")?;
        self.text(&text)
    }
}

fn read<'a, T: Deserialize<'a>>(value: &'a RawValue) -> Option<T> {
    serde_json::from_str(value.get()).ok()
}

/// A string of so many characters (Unicode scalar values, as PostgreSQL's `char_length` counts), without the
/// character NUL, which PostgreSQL cannot store.
#[derive(Clone, Debug)]
pub struct Text(RangeInclusive<usize>);

/// A string of so many characters. See [`Text`].
pub fn text(characters: RangeInclusive<usize>) -> Text {
    Text(characters)
}

impl Rule for Text {
    type Value = String;

    fn text(self, text: &str) -> Result<String, Wrong> {
        if text.contains('\0') {
            return Err("must not contain the character NUL".into());
        }
        if !self.0.contains(&text.chars().count()) {
            return Err(format!("must have {} to {} characters", self.0.start(), self.0.end()).into());
        }
        Ok(text.to_owned())
    }
}

/// A JSON object, as it was written. A parameter has none.
#[derive(Clone, Debug)]
pub struct Object;

/// A JSON object. See [`Object`].
pub fn object() -> Object {
    Object
}

impl Rule for Object {
    type Value = Box<RawValue>;

    fn text(self, _: &str) -> Result<Box<RawValue>, Wrong> {
        Err("must be an object".into())
    }

    fn json(self, value: &RawValue) -> Result<Box<RawValue>, Wrong> {
        if value.get().starts_with('{') {
            Ok(value.to_owned())
        } else {
            Err("must be an object".into())
        }
    }
}

/// `true` or `false`.
#[derive(Clone, Debug)]
pub struct Boolean;

/// `true` or `false`. See [`Boolean`].
pub fn boolean() -> Boolean {
    Boolean
}

impl Rule for Boolean {
    type Value = bool;

    fn text(self, text: &str) -> Result<bool, Wrong> {
        text.parse().map_err(|_| "must be true or false".into())
    }

    fn json(self, value: &RawValue) -> Result<bool, Wrong> {
        read(value).ok_or_else(|| "must be true or false".into())
    }
}

/// A whole number within bounds. In JSON a number without fraction or exponent.
#[derive(Clone, Debug)]
pub struct Integer(RangeInclusive<i64>);

/// A whole number within bounds. See [`Integer`].
pub fn integer(bounds: RangeInclusive<i64>) -> Integer {
    Integer(bounds)
}

impl Integer {
    fn within(self, number: Option<i64>) -> Result<i64, Wrong> {
        number.filter(|number| self.0.contains(number)).ok_or_else(|| {
            format!(
                "must be a whole number from {} to {}",
                self.0.start(),
                self.0.end()
            )
            .into()
        })
    }
}

impl Rule for Integer {
    type Value = i64;

    fn text(self, text: &str) -> Result<i64, Wrong> {
        // `parse` takes a plus sign as well, which in a query is more likely a space gone wrong.
        self.within(text.parse().ok().filter(|_| !text.starts_with('+')))
    }

    fn json(self, value: &RawValue) -> Result<i64, Wrong> {
        self.within(read(value))
    }
}

/// An RFC 3339 timestamp, given out in UTC. See [`timestamp::parse`] for its bounds.
#[derive(Clone, Debug)]
pub struct Timestamp;

/// An RFC 3339 timestamp. See [`Timestamp`].
pub fn timestamp() -> Timestamp {
    Timestamp
}

impl Rule for Timestamp {
    type Value = OffsetDateTime;

    fn text(self, text: &str) -> Result<OffsetDateTime, Wrong> {
        timestamp::parse(text).ok_or_else(|| {
            "must be an RFC 3339 timestamp of the years 0001 to 9999, such as 2026-01-31T12:00:00Z".into()
        })
    }
}

/// A UUID in its usual form of 36 characters, in any case of letters.
#[derive(Clone, Debug)]
pub struct Id;

/// A UUID. See [`Id`].
pub fn uuid() -> Id {
    Id
}

/// Reads the usual form alone: one id has one spelling, but for the case of its letters. The `uuid` crate
/// would also take braces, `urn:uuid:` and no hyphens.
pub fn parse_uuid(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36)
}

impl Rule for Id {
    type Value = Uuid;

    fn text(self, text: &str) -> Result<Uuid, Wrong> {
        parse_uuid(text).ok_or_else(|| "must be a UUID, such as 0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44".into())
    }
}

/// One of some names, each of which stands for a value.
#[derive(Clone, Debug)]
pub struct Choice<'a, T>(&'a [(&'a str, T)]);

/// One of some names. See [`Choice`].
pub fn choice<'a, T: Clone>(choices: &'a [(&'a str, T)]) -> Choice<'a, T> {
    Choice(choices)
}

impl<T: Clone> Rule for Choice<'_, T> {
    type Value = T;

    fn text(self, text: &str) -> Result<T, Wrong> {
        let chosen = self.0.iter().find(|(name, _)| *name == text);
        chosen.map(|(_, value)| value.clone()).ok_or_else(|| {
            let names: Vec<_> = self.0.iter().map(|(name, _)| *name).collect();
            format!("must be one of: {}", names.join(", ")).into()
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::value::to_raw_value;
    use serde_json::{Value, json};

    use super::*;

    fn raw(value: &Value) -> Box<RawValue> {
        to_raw_value(value).unwrap()
    }

    #[test]
    fn text_is_counted_in_characters_and_has_no_nul() {
        assert_eq!(text(1..=3).text("äöü").unwrap(), "äöü");
        assert_eq!(text(1..=3).text("").unwrap_err(), "must have 1 to 3 characters");
        assert!(text(1..=3).text("abcd").is_err());
        assert_eq!(
            text(0..=9).json(&raw(&json!("a\0b"))).unwrap_err(),
            "must not contain the character NUL"
        );
        assert_eq!(text(0..=9).json(&raw(&json!(7))).unwrap_err(), "must be a string");
    }

    #[test]
    fn integers_are_whole_and_within_bounds() {
        let rule = integer(-1..=500);
        assert_eq!(rule.clone().text("500"), Ok(500));
        assert_eq!(rule.clone().json(&raw(&json!(-1))), Ok(-1));
        for wrong in ["501", "1.0", "+1", "", " 1", "99999999999999999999"] {
            assert_eq!(
                rule.clone().text(wrong).unwrap_err(),
                "must be a whole number from -1 to 500",
                "{wrong}"
            );
        }
        for wrong in [json!(1.0), json!("1"), json!(true), json!(u64::MAX)] {
            assert!(rule.clone().json(&raw(&wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn booleans_are_spelt_out() {
        assert_eq!(boolean().text("true"), Ok(true));
        assert_eq!(boolean().json(&raw(&json!(false))), Ok(false));
        assert!(boolean().text("1").is_err() && boolean().text("").is_err());
        assert!(boolean().json(&raw(&json!("true"))).is_err() && boolean().json(&raw(&json!(1))).is_err());
    }

    #[test]
    fn a_uuid_has_one_spelling() {
        let id = "0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44";
        assert!(uuid().text(id).is_ok());
        assert!(uuid().text(&id.to_uppercase()).is_ok());
        for wrong in [
            id.replace('-', ""),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            String::new(),
        ] {
            assert!(uuid().text(&wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_choice_names_what_there_is() {
        let rule = choice(&[("asc", 1), ("desc", -1)]);
        assert_eq!(rule.clone().text("desc"), Ok(-1));
        assert_eq!(
            rule.clone().text("DESC").unwrap_err(),
            "must be one of: asc, desc"
        );
        assert_eq!(
            rule.clone().json(&raw(&json!(null))).unwrap_err(),
            "must be a string"
        );
    }
}
