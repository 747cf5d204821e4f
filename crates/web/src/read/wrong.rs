//! Error type of the [deserializer](super::deserializer): a field's faults.

use std::borrow::Cow;
use std::fmt::{self, Display};

use serde::de::{self, Expected, Unexpected};

use super::object::below;

/// The first error of an attempt to read a request.
#[derive(Debug)]
pub(super) struct Wrong {
    /// The path of the field, such as `address.street`; `None` for the whole request.
    path: Option<String>,
    /// The field of the value at that path that a check over several fields named.
    below: Option<String>,
    /// Read behind the field's name: "must be …". `None` if the path only lacks fields that were left out of this
    /// attempt.
    pub(super) detail: Option<Cow<'static, str>>,
}

impl Wrong {
    pub(super) fn new(detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            path: None,
            below: None,
            detail: Some(detail.into()),
        }
    }

    pub(super) fn required() -> Self {
        Self::new("is required")
    }

    pub(super) fn null() -> Self {
        Self::new("must not be null")
    }

    /// The same, of this field, unless a field below it is already named.
    pub(super) fn at(mut self, path: &str) -> Self {
        self.path.get_or_insert_with(|| match self.below.take() {
            Some(field) => below(path, &field),
            None => path.to_owned(),
        });
        self
    }

    /// The path of the field, if it is known.
    pub(super) fn path(self) -> Option<String> {
        self.path.or(self.below)
    }

    fn expected(expected: &dyn Expected) -> Self {
        Self::new(format!("must be {}", in_words(&expected.to_string())))
    }
}

/// The client's own text is never repeated, except by a type whose `Deserialize` does so.
impl de::Error for Wrong {
    fn custom<T: Display>(detail: T) -> Self {
        let text = detail.to_string();
        match WrongField::parse(&text) {
            Some((field, detail)) => Self {
                below: Some(field.to_owned()),
                ..Self::new(detail.to_owned())
            },
            None => Self::new(text),
        }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        match unexpected {
            Unexpected::Unit => Self::null(),
            _ => Self::expected(expected),
        }
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::expected(expected)
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("must be one of: {}", expected.join(", ")))
    }

    /// Every field is given to the struct, and one that is not there is [`Wrong::required`]: this one was left out since
    /// it is reported already.
    fn missing_field(_: &'static str) -> Self {
        Self {
            path: None,
            below: None,
            detail: None,
        }
    }
}

impl Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.detail.as_deref().unwrap_or("is incomplete"))
    }
}

impl std::error::Error for Wrong {}

/// What a check over several fields found, for `#[serde(try_from)]` on a struct: as the error of its `TryFrom` it names
/// the field.
#[derive(Debug)]
pub struct WrongField {
    field: &'static str,
    detail: Cow<'static, str>,
}

impl WrongField {
    /// This field is wrong: `detail` is read behind its name, "must be …".
    pub fn new(field: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            field,
            detail: detail.into(),
        }
    }

    /// The field and the detail in what [`Display`] wrote. serde hands on nothing else of an error.
    fn parse(text: &str) -> Option<(&str, &str)> {
        text.strip_prefix('\0')?.split_once('\0')
    }
}

impl Display for WrongField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\0{}\0{}", self.field, self.detail)
    }
}

/// serde's name of what a type expects, for a client to read.
fn in_words(expected: &str) -> String {
    macro_rules! whole_numbers {
        ($($integer:ident)+) => {
            match expected {
                $(stringify!($integer) => {
                    return format!("a whole number from {} to {}", $integer::MIN, $integer::MAX);
                })+
                _ => {}
            }
        };
    }
    whole_numbers!(i8 i16 i32 i64 u8 u16 u32 u64 usize);
    let words = match expected {
        "a boolean" => "true or false",
        "f32" | "f64" => "a number",
        "a sequence" => "a list",
        "a map" => "an object",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    };
    words.to_owned()
}
