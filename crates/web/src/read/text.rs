//! Bounded text.

use std::borrow::Cow;
use std::ops::Deref;

use serde::Deserialize;

/// A string of `MIN` to `MAX` characters (Unicode scalar values, as PostgreSQL's `char_length` counts), without the
/// character NUL, which PostgreSQL cannot store.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Text<const MIN: usize, const MAX: usize>(String);

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// As a slice.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const MIN: usize, const MAX: usize> TryFrom<String> for Text<MIN, MAX> {
    type Error = Cow<'static, str>;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.contains('\0') {
            return Err("must not contain the character NUL".into());
        }
        if !(MIN..=MAX).contains(&text.chars().count()) {
            return Err(format!("must have {MIN} to {MAX} characters").into());
        }
        Ok(Self(text))
    }
}

impl<const MIN: usize, const MAX: usize> From<Text<MIN, MAX>> for String {
    fn from(Text(text): Text<MIN, MAX>) -> Self {
        text
    }
}

impl<const MIN: usize, const MAX: usize> Deref for Text<MIN, MAX> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text<const MIN: usize, const MAX: usize>(text: &str) -> Result<String, Cow<'static, str>> {
        Text::<MIN, MAX>::try_from(text.to_owned()).map(String::from)
    }

    #[test]
    fn text_is_counted_in_characters_and_has_no_nul() {
        assert_eq!(text::<1, 3>("äöü").unwrap(), "äöü");
        assert_eq!(text::<1, 3>("").unwrap_err(), "must have 1 to 3 characters");
        assert!(text::<1, 3>("abcd").is_err());
        assert_eq!(
            text::<0, 9>("a\0b").unwrap_err(),
            "must not contain the character NUL"
        );
    }
}
