//! Tests of typed requests: shapes, values, and every wrong field in one answer.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use time::OffsetDateTime;
use uuid::Uuid;

use super::*;
use crate::error::{Code, Problem};

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

/// One field of any type.
#[derive(Debug, Deserialize)]
struct One<T> {
    value: T,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Order {
    Asc,
    Desc,
}

fn body<T: DeserializeOwned>(body: &Value) -> Result<T, Problem> {
    json(body.to_string().as_bytes())
}

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

fn said(problem: &Problem) -> Vec<(&str, &str)> {
    assert_eq!(problem.code(), Code::Validation);
    problem
        .errors()
        .iter()
        .map(|error| (error.field.as_str(), error.detail.as_ref()))
        .collect()
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
    let One { value } = json::<One<Box<RawValue>>>(sent.as_bytes()).unwrap();
    assert_eq!(value.get(), &sent[10..sent.len() - 1]);
    let some = json::<One<Option<Box<RawValue>>>>(sent.as_bytes()).unwrap();
    assert!(some.value.is_some());
}

#[test]
fn each_parameter_is_given_once() {
    #[derive(Debug, Deserialize)]
    struct List {
        limit: Integer<1, 500>,
        search: Option<Text<0, 9>>,
        confirmed: Option<bool>,
        sort: Option<Order>,
    }
    let list: List = query("limit=7&search=a+b&confirmed=true").unwrap();
    assert_eq!(
        (list.limit.get(), list.confirmed, list.sort),
        (7, Some(true), None)
    );
    assert_eq!(list.search.as_deref(), Some("a b"));
}

#[test]
fn duplicated_unknown_and_missing_parameters_are_all_named() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is never right")]
    struct List {
        limit: Option<Integer<1, 500>>,
        id: Id,
    }
    let problem = query::<List>("limit=7&limit=8&limit=9&x=1&%61a=2&x=3").unwrap_err();
    assert_eq!(
        said(&problem),
        [
            ("limit", "must be given once"),
            ("id", "is required"),
            ("aa", "is not a parameter of this route"),
            ("x", "is not a parameter of this route"),
        ]
    );
}

#[test]
fn what_cannot_be_decoded_is_malformed() {
    let problem = query::<One<String>>("value=%ff").unwrap_err();
    assert_eq!(problem.code(), Code::Malformed);
}

mod objects {
    use super::*;

    fn read(body: &[u8]) -> Result<One<Value>, Problem> {
        json(body)
    }

    fn detail(body: &[u8]) -> String {
        let problem = read(body).unwrap_err();
        assert_eq!(problem.code(), Code::Malformed);
        format!("{problem:?}")
    }

    #[test]
    fn an_object_is_read() {
        let object = read(b" {\"value\": {\"b\": [1], \"c\": null}} \n").unwrap();
        assert_eq!(object.value, json!({"b": [1], "c": null}));
    }

    #[test]
    fn what_is_wrong_is_placed_but_not_repeated() {
        assert!(detail(b"{\"a\": 1,\n  secret}").contains("not valid: line 2, column 3"));
        assert!(detail(b"{\"a\": 1} {").contains("not valid: line 1, column 10"));
        assert!(detail(b"{\"a\": ").contains("ends too early"));
        assert!(detail(b"{\"a\": 1, \"secret\": 2, \"a\": 3}").contains("stands twice"));
        assert!(detail(b"{\"a\": [{\"b\": 1, \"secret\": 2, \"b\": 3}]}").contains("stands twice"));
        assert!(detail(b"{\"a\": \"\xff\"}").contains("not UTF-8 from byte 7"));
        assert!(!detail(b"{\"secret\": 1, \"secret\": 2}").contains("secret"));
    }

    #[test]
    fn only_an_object_will_do() {
        for body in ["[]", "1", "\"{}\"", "null", "\u{feff}{}"] {
            assert!(
                detail(body.as_bytes()).contains("must be a JSON object"),
                "{body}"
            );
        }
        for body in ["", "  \n"] {
            assert!(detail(body.as_bytes()).contains("is empty"), "{body:?}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth| format!("{{\"value\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(100).as_bytes()).is_ok());
        assert!(detail(nested(100_000).as_bytes()).contains("not valid"));
    }
}
