//! Values as text for people.

use serde_json::value::RawValue;
use time::OffsetDateTime;
use uuid::Uuid;

use super::document;
use crate::text::printable;

/// A value as text; `None` where there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Value(Option<String>);

impl Value {
    pub(super) fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The text to show.
    pub(super) fn into_text(self) -> String {
        self.0.map_or_else(|| "-".to_owned(), |text| printable(&text))
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self(Some(text))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self(Some(text.to_owned()))
    }
}

/// A moment in UTC, to the second.
impl From<OffsetDateTime> for Value {
    fn from(moment: OffsetDateTime) -> Self {
        let (date, time) = (moment.date(), moment.time());
        let (hour, minute, second) = time.as_hms();
        Self(Some(format!("{date} {hour:02}:{minute:02}:{second:02}Z")))
    }
}

/// A number of seconds, to the millisecond.
impl From<f64> for Value {
    fn from(seconds: f64) -> Self {
        Self(Some(format!("{seconds:.3} s")))
    }
}

/// JSON in one line.
impl From<&RawValue> for Value {
    fn from(json: &RawValue) -> Self {
        let document = document::read(json.get());
        Self(Some(
            document.map_or_else(|_| json.get().to_owned(), |json| json.to_string()),
        ))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self(None), Into::into)
    }
}

macro_rules! as_displayed {
    ($($type:ty)+) => {
        $(impl From<$type> for Value {
            fn from(value: $type) -> Self {
                Self(Some(value.to_string()))
            }
        })+
    };
}

as_displayed!(Uuid i32 i64 u32 u64);

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn each_type_has_its_form() {
        let metadata = RawValue::from_string(r#"{"plan": "gold"}"#.to_owned()).unwrap();
        for (value, text) in [
            (Value::from("acme"), "acme"),
            (
                datetime!(2027-01-31 12:00:00.123456 UTC).into(),
                "2027-01-31 12:00:00Z",
            ),
            (datetime!(0001-01-01 0:00 UTC).into(), "0001-01-01 00:00:00Z"),
            (1.25.into(), "1.250 s"),
            (7_u32.into(), "7"),
            ((&*metadata).into(), r#"{"plan":"gold"}"#),
            (None::<&str>.into(), "-"),
            (Some("serve").into(), "serve"),
            ("\u{1b}[2J".into(), "\\u{1b}[2J"),
        ] {
            assert_eq!(value.into_text(), text);
        }
    }
}
