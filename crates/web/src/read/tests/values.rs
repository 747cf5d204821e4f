//! Values of one field, in bodies and in queries.

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{One, Order, body};
use crate::error::Problem;
use crate::read::{Id, Integer, Rfc3339, Text, json as read_json, query};

/// The value of one field of a body.
fn field<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    one(body(&json!({ "value": value })))
}

/// The value of one parameter.
fn parameter<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let text = text.replace('+', "%2B").replace(' ', "+");
    one(query(&format!("value={text}")))
}

fn one<T>(read: Result<One<T>, Problem>) -> Result<T, String> {
    read.map(|one| one.value)
        .map_err(|problem| problem.errors()[0].detail.clone().into_owned())
}

#[test]
fn text_is_a_string() {
    assert_eq!(&*field::<Text<1, 3>>(&json!("äöü")).unwrap(), "äöü");
    for (wrong, detail) in [
        (json!("a\0b"), "must not contain the character NUL"),
        (json!("abcdefghij"), "must have 0 to 9 characters"),
        (json!(7), "must be a string"),
        (json!(["a"]), "must be a string"),
        (json!(null), "must not be null"),
    ] {
        assert_eq!(field::<Text<0, 9>>(&wrong).unwrap_err(), detail, "{wrong}");
    }
}

#[test]
fn integers_are_whole_and_within_bounds() {
    type Rule = Integer<-1, 500>;
    assert_eq!(parameter::<Rule>("500").map(Rule::get), Ok(500));
    assert_eq!(field::<Rule>(&json!(-1)).map(Rule::get), Ok(-1));
    let bounds = "must be a whole number from -1 to 500";
    for wrong in ["501", "1.0", "+1", "", " 1", "99999999999999999999"] {
        assert_eq!(parameter::<Rule>(wrong).unwrap_err(), bounds, "{wrong}");
    }
    let far: Value = serde_json::from_str("1e400").unwrap();
    for wrong in [json!(1.0), json!("1"), json!(true), json!(u64::MAX), far] {
        assert_eq!(field::<Rule>(&wrong).unwrap_err(), bounds, "{wrong}");
    }
    assert_eq!(u32::from(field::<Integer<0, 9>>(&json!(7)).unwrap()), 7);
}

#[test]
fn booleans_are_spelt_out() {
    assert_eq!(parameter("true"), Ok(true));
    assert_eq!(field(&json!(false)), Ok(false));
    let detail = "must be true or false";
    for wrong in ["1", "", "TRUE"] {
        assert_eq!(parameter::<bool>(wrong).unwrap_err(), detail, "{wrong}");
    }
    for wrong in [json!("true"), json!(1)] {
        assert_eq!(field::<bool>(&wrong).unwrap_err(), detail, "{wrong}");
    }
}

#[test]
fn ids_and_timestamps_are_read_in_bodies_and_queries() {
    let id = Uuid::from_u128(7);
    assert_eq!(field::<Id>(&json!(id.to_string())).map(Uuid::from), Ok(id));
    assert_eq!(parameter::<Id>(&id.to_string()).map(Uuid::from), Ok(id));
    assert!(parameter::<Id>("7").unwrap_err().starts_with("must be a UUID"));
    let moment = OffsetDateTime::UNIX_EPOCH;
    let read = parameter::<Rfc3339>("1970-01-01T01:00:00+01:00");
    assert_eq!(read.map(OffsetDateTime::from), Ok(moment));
    let wrong = field::<Rfc3339>(&json!("yesterday")).unwrap_err();
    assert!(wrong.starts_with("must be an RFC 3339 timestamp"), "{wrong}");
}

#[test]
fn an_enum_names_what_there_is() {
    assert_eq!(parameter("desc"), Ok(Order::Desc));
    assert_eq!(field(&json!("asc")), Ok(Order::Asc));
    assert_eq!(
        parameter::<Order>("DESC").unwrap_err(),
        "must be one of: asc, desc"
    );
    assert_eq!(
        field::<Order>(&json!("up")).unwrap_err(),
        "must be one of: asc, desc"
    );
    assert_eq!(field::<Order>(&json!(7)).unwrap_err(), "must be a string");
    assert_eq!(field::<Order>(&json!(null)).unwrap_err(), "must not be null");
}

#[test]
fn raw_json_keeps_every_digit() {
    let sent = r#"{"value": {"a": [18446744073709551617, 1e400, 0.1234567890123456789012345]}}"#;
    let One { value } = read_json::<One<Box<RawValue>>>(sent.as_bytes()).unwrap();
    assert_eq!(value.get(), &sent[10..sent.len() - 1]);
    let some = read_json::<One<Option<Box<RawValue>>>>(sent.as_bytes()).unwrap();
    assert!(some.value.is_some());
}
