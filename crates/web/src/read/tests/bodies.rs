//! Bodies: every wrong field in one answer, by its path.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{One, Order, body, said};
use crate::error::Problem;
use crate::read::{Id, Integer, Rfc3339, Text, WrongField};

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "it is never right")]
struct Person {
    name: Text<1, 200>,
    age: Option<Integer<0, 150>>,
    email: Option<Text<3, 200>>,
    id: Id,
}

#[derive(Debug, PartialEq, Deserialize)]
#[expect(clippy::option_option, reason = "left out, null, or a value")]
struct Change {
    nick: Option<Option<Text<1, 9>>>,
    name: Option<Option<String>>,
    born: Option<Option<Rfc3339>>,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Sent")]
struct Range(Sent);

#[derive(Debug, Deserialize)]
struct Sent {
    from: u8,
    to: u8,
    unit: Option<Order>,
}

impl TryFrom<Sent> for Range {
    type Error = WrongField;

    fn try_from(sent: Sent) -> Result<Self, WrongField> {
        if sent.from > sent.to {
            return Err(WrongField::new("to", "must not be less than from"));
        }
        Ok(Self(sent))
    }
}

#[test]
fn every_wrong_field_is_named_at_once() {
    let wrong = json!({"name": "", "age": "old", "email": null, "extra": 1});
    assert_eq!(
        said(&body::<Person>(&wrong).unwrap_err()),
        [
            ("name", "must have 1 to 200 characters"),
            ("age", "must be a whole number from 0 to 150"),
            ("email", "must not be null"),
            ("id", "is required"),
            ("extra", "is not a field of this resource, or cannot be set"),
        ]
    );
}

#[test]
fn null_is_told_from_a_field_that_was_left_out() {
    let read: Change = body(&json!({"nick": null, "name": "Ada"})).unwrap();
    assert_eq!(
        read,
        Change {
            nick: Some(None),
            name: Some(Some("Ada".to_owned())),
            born: None
        }
    );
}

#[test]
fn a_check_over_several_fields_is_told_like_any_other() {
    let problem = body::<Range>(&json!({"from": 5, "to": 1})).unwrap_err();
    assert_eq!(said(&problem), [("to", "must not be less than from")]);
    let Range(Sent { from, to, unit }) = body(&json!({"from": 1, "to": 5, "unit": "asc"})).unwrap();
    assert_eq!((from, to, unit), (1, 5, Some(Order::Asc)));

    // Other fields that are wrong do not hide it, and below another field it has its path.
    let wrong = json!({"from": 5, "to": 1, "unit": "m", "more": 1});
    let fields = |problem: &Problem| {
        let said = said(problem).into_iter();
        said.map(|(field, _)| field.to_owned()).collect::<Vec<_>>()
    };
    let problem = body::<Range>(&wrong).unwrap_err();
    assert_eq!(fields(&problem), ["unit", "to", "more"]);
    let problem = body::<One<Range>>(&json!({ "value": wrong })).unwrap_err();
    assert_eq!(fields(&problem), ["value.unit", "value.to", "value.more"]);
}

#[test]
fn wrong_fields_are_named_by_their_paths() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never right")]
    struct Order {
        address: Address,
        lines: Vec<Line>,
        note: String,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never right")]
    struct Address {
        street: String,
        number: u16,
        city: Text<1, 9>,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never right")]
    struct Line {
        count: u32,
    }
    let wrong = json!({
        "address": {"number": 70_000, "city": "", "zip": 1},
        "lines": [{"count": 1}, {"count": -1}, 7, {}],
    });
    assert_eq!(
        said(&body::<Order>(&wrong).unwrap_err()),
        [
            ("address.street", "is required"),
            ("address.number", "must be a whole number from 0 to 65535"),
            ("address.city", "must have 1 to 9 characters"),
            ("lines.1.count", "must be a whole number from 0 to 4294967295"),
            ("lines.2", "must be an object"),
            ("lines.3.count", "is required"),
            ("note", "is required"),
            ("address.zip", "is not a field of this resource, or cannot be set"),
        ]
    );
}

#[test]
fn thousands_of_wrong_fields_make_a_short_answer() {
    #[derive(Debug, Deserialize)]
    struct Nothing {}
    let many: serde_json::Map<_, _> = (0..5000)
        .map(|i| (format!("{i}{}", "x".repeat(500)), Value::Null))
        .collect();
    let problem = body::<Nothing>(&many.into()).unwrap_err();
    assert_eq!(problem.errors().len(), 50);
    assert!(problem.errors().iter().all(|error| error.field.len() == 64));

    let list = json!({"value": vec![1; 5000]});
    let problem = body::<One<Vec<String>>>(&list).unwrap_err();
    assert_eq!(problem.errors().len(), 50);
    assert_eq!(said(&problem)[49], ("value.49", "must be a string"));
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Vec<u8>")]
struct SomeNumbers;

impl TryFrom<Vec<u8>> for SomeNumbers {
    type Error = &'static str;

    fn try_from(numbers: Vec<u8>) -> Result<Self, Self::Error> {
        (!numbers.is_empty()).then_some(Self).ok_or("must not be empty")
    }
}

#[test]
fn a_list_whose_items_are_wrong_is_not_called_empty() {
    let said_of = |list: serde_json::Value| {
        let problem = body::<One<SomeNumbers>>(&json!({ "value": list })).unwrap_err();
        said(&problem)
            .iter()
            .map(|(field, _)| (*field).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(said_of(json!([])), ["value"]);
    assert_eq!(said_of(json!(["a"])), ["value.0"]);
    assert_eq!(said_of(json!(["a", 1, "b"])), ["value.0", "value.2"]);
}
