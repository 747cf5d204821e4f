//! JSON objects as bodies: syntax, duplicates and depth.

use serde_json::{Value, json};

use super::One;
use crate::error::{Code, Problem};
use crate::read::json as read_json;

fn read(body: &[u8]) -> Result<One<Value>, Problem> {
    read_json(body)
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
fn errors_name_the_position_and_not_the_value() {
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
