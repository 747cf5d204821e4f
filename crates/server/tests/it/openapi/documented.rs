//! Every answer that these tests get is one that the description has.

use std::sync::LazyLock;

use reqwest::Method;
use serde_json::Value;
use server::args::Plane;
use server::description::document;
use testkit::Answer;

use super::resolved;

static DOCUMENTS: LazyLock<[Value; 2]> = LazyLock::new(|| [document(Plane::Tenant), document(Plane::Admin)]);

/// Codes that no operation has: there is none, or the request never was one.
const OF_NONE: [&str; 2] = ["ROUTE_UNKNOWN", "METHOD_NOT_ALLOWED"];

/// Asserts that the description of the operation has this status, with this code or these fields.
pub fn check(method: &Method, path: &str, answer: &Answer) {
    let Some((document, operation)) = find(method, path) else {
        return;
    };
    let place = format!("{method} {path} answered {} {}", answer.status, answer.body);
    let code = answer.body["code"].as_str();
    let failed = answer.status.is_client_error() || answer.status.is_server_error();
    if failed && code.is_some_and(|code| OF_NONE.contains(&code)) {
        return;
    }
    let response = operation["responses"]
        .get(answer.status.as_str())
        .unwrap_or_else(|| panic!("{place}: the description has no such status"));
    let response = resolved(document, response);
    if failed {
        let schema = resolved(
            document,
            &response["content"]["application/problem+json"]["schema"],
        );
        let codes = &schema["allOf"][1]["properties"]["code"]["enum"];
        let described = codes
            .as_array()
            .unwrap()
            .iter()
            .any(|described| described.as_str() == code);
        assert!(described, "{place}: the description has only {codes}");
        return;
    }
    for name in [
        "location",
        "etag",
        "retry-after",
        "ratelimit",
        "ratelimit-policy",
        "idempotency-replayed",
        "preference-applied",
    ] {
        let sent = answer.headers.contains_key(name);
        assert!(
            !sent || response["headers"][name].is_object(),
            "{place}: {name} is not described"
        );
    }
    if answer
        .headers
        .get("preference-applied")
        .is_some_and(|applied| applied == "return=minimal")
    {
        assert!(answer.body.is_null(), "{place}: a minimal answer has no body");
        return;
    }
    let Some(content) = response.get("content") else {
        assert!(answer.body.is_null(), "{place}: no body is described");
        return;
    };
    if *method != Method::HEAD {
        conforms(
            document,
            &content["application/json"]["schema"],
            &answer.body,
            &place,
        );
    }
}

/// The operation that answers there.
fn find(method: &Method, path: &str) -> Option<(&'static Value, &'static Value)> {
    let method = if method == Method::HEAD {
        "get".to_owned()
    } else {
        method.as_str().to_lowercase()
    };
    DOCUMENTS.iter().find_map(|document| {
        let (_, methods) = document["paths"]
            .as_object()?
            .iter()
            .find(|(template, _)| matches(template, path))?;
        Some((document, methods.get(&method)?))
    })
}

fn matches(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(expected), Some(segment)) if expected.starts_with('{') || expected == segment => {}
            _ => return false,
        }
    }
}

/// Asserts that the value has all fields that the schema requires and none that it lacks, and that types agree.
fn conforms(document: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = resolved(document, schema);
    let parts: Vec<&Value> = match schema["allOf"].as_array() {
        Some(parts) => parts.iter().map(|part| resolved(document, part)).collect(),
        None => vec![schema],
    };
    for choices in [&schema["oneOf"], &schema["anyOf"]] {
        if let (Some(choices), false) = (choices.as_array(), value.is_null()) {
            return choices
                .iter()
                .filter(|choice| choice["type"] != "null")
                .for_each(|choice| conforms(document, choice, value, place));
        }
    }
    if let Some(items) = value.as_array() {
        return items
            .iter()
            .for_each(|item| conforms(document, &schema["items"], item, place));
    }
    let Some(fields) = value.as_object() else {
        let kind = match value {
            Value::Null => "null",
            Value::Bool(_) => "boolean",
            Value::String(_) => "string",
            _ => "number",
        };
        let described = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().map(ToString::to_string).collect(),
            kind => kind.to_string(),
        };
        let nullable = kind == "null"
            && [&schema["oneOf"], &schema["anyOf"]]
                .iter()
                .any(|choices| choices.is_array());
        let described = described.replace("integer", "number");
        assert!(
            nullable || described.contains(kind),
            "{place}: {value} is described as {schema}"
        );
        return;
    };
    let property = |name: &String| parts.iter().find_map(|part| part["properties"].get(name));
    if parts.iter().all(|part| part["properties"].is_null()) {
        // An object of whatever fields.
        return;
    }
    for (name, value) in fields {
        let Some(schema) = property(name) else {
            panic!("{place}: {name} is not described");
        };
        conforms(document, schema, value, place);
    }
    for required in parts
        .iter()
        .filter_map(|part| part["required"].as_array())
        .flatten()
    {
        let required = required.as_str().unwrap();
        assert!(fields.contains_key(required), "{place}: {required} is missing");
    }
}
