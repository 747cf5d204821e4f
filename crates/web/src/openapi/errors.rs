//! Error responses by their codes, from the one table of codes.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::error::{Code, Problem};

/// An error response and the schema of its body, with their names among the components.
#[derive(Debug)]
pub(super) struct ErrorResponse {
    pub(super) name: String,
    pub(super) response: Value,
    /// A component of its own: generators of clients make one type for each of them, and one for each operation of what
    /// stands in place.
    pub(super) schema_name: String,
    pub(super) schema: Value,
}

/// The error response of these codes, which all have this status.
pub(super) fn response(status: StatusCode, codes: &[Code]) -> ErrorResponse {
    let names: Vec<_> = codes.iter().map(|code| code.name()).collect();
    let lines = codes
        .iter()
        .map(|code| format!("- `{}`: {}. {}", code.name(), code.title(), code.advice()));
    let mut headers = json!({"x-request-id": {"$ref": "#/components/headers/RequestId"}});
    if codes.iter().any(|code| code.retry_after().is_some()) {
        headers["retry-after"] = json!({"$ref": "#/components/headers/RetryAfter"});
    }
    if codes.contains(&Code::Unauthenticated) {
        headers["www-authenticate"] = json!({
            "description": "`Bearer`, with an error if credentials were sent that are not accepted (RFC 6750).",
            "schema": {"type": "string", "enum": ["Bearer", "Bearer error=\"invalid_token\""]},
        });
    }
    if codes.contains(&Code::MediaType) {
        headers["accept-patch"] = json!({
            "description": "The media types that a PATCH takes (RFC 5789); of a PATCH alone.",
            "schema": {"type": "string"},
        });
    }
    let schema = json!({
        "allOf": [
            {"$ref": "#/components/schemas/Problem"},
            {
                "type": "object",
                // With types, and no `const`: else some generators cannot merge them with those of `Problem`.
                "properties": {
                    "status": {"type": "integer", "enum": [status.as_u16()]},
                    "code": {"type": "string", "enum": names},
                },
            },
        ],
    });
    let examples: Map<_, _> = names
        .iter()
        .map(|name| {
            let reference = json!({"$ref": format!("#/components/examples/{name}")});
            ((*name).to_owned(), reference)
        })
        .collect();
    let schema_name = format!("Problem_{}", names.join("_"));
    let reference = json!({"$ref": format!("#/components/schemas/{schema_name}")});
    let response = json!({
        "description": lines.collect::<Vec<_>>().join("\n"),
        "headers": headers,
        "content": {"application/problem+json": {"schema": reference, "examples": examples}},
    });
    ErrorResponse {
        name: names.join("-"),
        response,
        schema_name,
        schema,
    }
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
