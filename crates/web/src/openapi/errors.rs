//! Error responses by their codes, from the one table of codes.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::error::{Code, Problem};

/// The error response of these codes, which all have this status, and its name among the components.
pub(super) fn response(status: StatusCode, codes: &[Code]) -> (String, Value) {
    let names: Vec<_> = codes.iter().map(|code| code.name()).collect();
    let lines = codes
        .iter()
        .map(|code| format!("- `{}`: {}. {}", code.name(), code.title(), code.advice()));
    let mut headers = json!({"x-request-id": {"$ref": "#/components/headers/RequestId"}});
    if codes.iter().any(|code| code.retry_after().is_some()) {
        headers["retry-after"] = json!({"$ref": "#/components/headers/RetryAfter"});
    }
    if codes.contains(&Code::Unauthenticated) {
        headers["www-authenticate"] =
            json!({"description": "`Bearer`.", "schema": {"type": "string", "enum": ["Bearer"]}});
    }
    let schema = json!({
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {"type": "object", "properties": {"status": {"const": status.as_u16()}, "code": {"enum": names}}},
        ],
    });
    let examples: Map<_, _> = names
        .iter()
        .map(|name| {
            let reference = json!({"$ref": format!("#/components/examples/{name}")});
            ((*name).to_owned(), reference)
        })
        .collect();
    let response = json!({
        "description": lines.collect::<Vec<_>>().join("\n"),
        "headers": headers,
        "content": {"application/problem+json": {"schema": schema, "examples": examples}},
    });
    (names.join("-"), response)
}

/// The example of a code: the body as it is sent.
pub(super) fn example(code: Code) -> Value {
    let problem = match code {
        Code::Validation => Problem::validation(vec![crate::FieldError {
            field: "limit".to_owned(),
            detail: "must be a whole number from 1 to 500".into(),
        }]),
        code => Problem::new(code),
    };
    json!({"summary": code.title(), "value": problem.example()})
}

/// The header `Retry-After`.
pub(super) fn retry_after() -> Value {
    json!({
        "description": "Seconds until another attempt may succeed.",
        "schema": {"type": "integer", "minimum": 1},
    })
}
