//! What the schemas allow, the planes take; what they do not, the planes refuse.

use control_plane::PlanName;
use reqwest::Method;
use serde_json::{Value, json};
use server::args::Plane;
use server::description::document;
use testkit::{Answer, Client};

use super::{Operation, operations, resolved};
use crate::support::Service;

/// An id that nothing has.
const UNKNOWN_ID: &str = "0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44";
/// A moment far ahead, since some must be.
const AHEAD: &str = "2099-01-31T12:00:00Z";

/// Values of a schema at its limits, and whether it allows them.
fn at_the_limits(schema: &Value) -> Vec<(Value, bool)> {
    if let Some(choices) = schema["anyOf"].as_array() {
        return choices
            .iter()
            .flat_map(at_the_limits)
            .filter(|(value, allowed)| *allowed || !value.is_null())
            .collect();
    }
    let mut values = match schema["type"].as_str() {
        Some("null") => return vec![(Value::Null, true)],
        Some("boolean") => vec![(json!(true), true), (json!("yes"), false)],
        Some("integer") => integers(schema),
        Some("object") => objects(schema),
        Some("string") => strings(schema),
        Some("array") => sets(schema),
        other => panic!("no limits are known of {other:?}: {schema}"),
    };
    values.push((Value::Null, false));
    values
}

fn integers(schema: &Value) -> Vec<(Value, bool)> {
    let (least, most) = (
        schema["minimum"].as_i64().unwrap(),
        schema["maximum"].as_i64().unwrap(),
    );
    vec![
        (json!(least), true),
        (json!(most), true),
        (json!(least - 1), false),
        (json!(most + 1), false),
        (json!("x"), false),
    ]
}

/// Objects with one field at its limits each.
fn objects(schema: &Value) -> Vec<(Value, bool)> {
    let mut values = vec![(json!({}), true), (json!("x"), false)];
    let Some(properties) = schema["properties"].as_object() else {
        return values;
    };
    for (name, property) in properties {
        let fields = at_the_limits(property).into_iter();
        values.extend(fields.map(|(value, allowed)| (json!({ name: value }), allowed)));
    }
    values.push((json!({"no_such_field": 1}), false));
    values
}

/// Arrays without repetitions of values that the schema lists.
fn sets(schema: &Value) -> Vec<(Value, bool)> {
    assert_eq!(
        (&schema["minItems"], &schema["uniqueItems"]),
        (&json!(1), &json!(true))
    );
    let all = schema["items"]["enum"].as_array().unwrap();
    vec![
        (json!([all[0]]), true),
        (json!(all), true),
        (json!([]), false),
        (json!([all[0], all[0]]), false),
        (json!(["no-such-value"]), false),
        (json!("x"), false),
    ]
}

fn strings(schema: &Value) -> Vec<(Value, bool)> {
    if let Some(values) = schema["enum"].as_array() {
        let allowed = values.iter().map(|value| (value.clone(), true));
        return allowed.chain([(json!("no-such-value"), false)]).collect();
    }
    match schema["format"].as_str() {
        Some("uuid") => {
            return vec![
                (json!(UNKNOWN_ID), true),
                (json!("x"), false),
                (json!(UNKNOWN_ID.replace('-', "")), false),
            ];
        }
        Some("date-time") => {
            return vec![
                (json!(AHEAD), true),
                (json!("2099-01-31"), false),
                (json!("x"), false),
            ];
        }
        _ => {}
    }
    let length = |name: &str| usize::try_from(schema[name].as_u64().unwrap()).unwrap();
    let (shortest, longest) = (length("minLength"), length("maxLength"));
    // Of the patterns only that of plans' names excludes other letters than those of ASCII.
    let letter = if schema["pattern"] == PlanName::PATTERN {
        "x"
    } else {
        "ä"
    };
    let mut values = vec![
        (json!("x".repeat(shortest)), true),
        (json!(letter.repeat(longest)), true),
        (json!("x".repeat(longest + 1)), false),
        (json!("x\0"), false),
    ];
    if shortest > 0 {
        values.push((json!("x".repeat(shortest - 1)), false));
    }
    values
}

/// Whether the answer names this field as wrong by itself, and not only together with the state of things.
fn refuses(answer: &Answer, field: &str) -> bool {
    let errors = answer.body["errors"].as_array();
    errors.into_iter().flatten().any(|error| {
        let detail = error["detail"].as_str().unwrap();
        // A reservation within its limits may be more than the tenant or the budget has.
        let in_relation = field == "reserved_connections" && detail.starts_with("must be at most")
            || field == "plan" && detail == "must be the name of a plan that exists";
        let reported = error["field"].as_str().unwrap();
        let below = reported
            .strip_prefix(field)
            .is_some_and(|rest| rest.starts_with('.'));
        (reported == field || below) && !in_relation
    })
}

fn uri(operation: &Operation) -> String {
    operation
        .path
        .replace("{id}", UNKNOWN_ID)
        .replace("{name}", "no-such-plan")
}

/// Tries the fields of the body; gives the number of values tried.
async fn bodies(client: &Client, document: &Value, operation: &Operation) -> usize {
    let Some(body) = operation.description.get("requestBody") else {
        return 0;
    };
    let content = &body["content"]["application/json"];
    let schema = resolved(document, &content["schema"]);
    let send = async |body: &Value| {
        let request = client
            .request(operation.method.clone(), &uri(operation))
            .header("if-match", "*");
        client.answer(request.json(body)).await
    };
    let place = format!("{} {}", operation.method, operation.path);
    let mut tried = 0;
    for (field, property) in schema["properties"].as_object().unwrap() {
        for (value, allowed) in at_the_limits(resolved(document, property)) {
            let mut body = content["example"].clone();
            body[field] = value;
            let answer = send(&body).await;
            assert_eq!(
                refuses(&answer, field),
                !allowed,
                "{place}: {body} got {answer:?}"
            );
            tried += 1;
        }
        let mut without = content["example"].clone();
        without.as_object_mut().unwrap().remove(field);
        let required = schema["required"]
            .as_array()
            .is_some_and(|required| required.contains(&json!(field)));
        let answer = send(&without).await;
        assert_eq!(
            refuses(&answer, field),
            required,
            "{place}: {without} got {answer:?}"
        );
        tried += 1;
    }
    let mut more = content["example"].clone();
    more["no_such_field"] = json!(1);
    assert!(refuses(&send(&more).await, "no_such_field"), "{place}");
    tried + 1
}

/// Tries the parameters of the query; gives the number of values tried.
async fn queries(client: &Client, operation: &Operation) -> usize {
    let place = format!("{} {}", operation.method, operation.path);
    let send = async |name: &str, value: &str| {
        let request = client.request(operation.method.clone(), &uri(operation));
        client.answer(request.query(&[(name, value)])).await
    };
    let mut tried = 0;
    let parameters = operation.description["parameters"]
        .as_array()
        .into_iter()
        .flatten();
    for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
        let name = parameter["name"].as_str().unwrap();
        assert_eq!(parameter["required"], false, "{place}: {name}");
        // Only a page gives one out.
        let values = if name == "cursor" {
            vec![(json!("x".repeat(4097)), false)]
        } else {
            at_the_limits(&parameter["schema"])
        };
        for (value, allowed) in values.into_iter().filter(|(value, _)| !value.is_null()) {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), ToOwned::to_owned);
            let answer = send(name, &text).await;
            assert_eq!(
                refuses(&answer, name),
                !allowed,
                "{place}: {name}={text} got {answer:?}"
            );
            tried += 1;
        }
    }
    assert!(
        refuses(&send("no_such_parameter", "1").await, "no_such_parameter") || operation.path.ends_with('z'),
        "{place}"
    );
    tried + 1
}

#[tokio::test]
async fn the_limits_of_the_schemas_are_those_of_validation() {
    let service = Service::start().await;
    let tenant = service.tenant("acme").await;
    // Below each prefix its own credentials count.
    let (_, key) = service.api_key(&tenant, &["read", "write"]).await;
    let tenant = service
        .client(&tenant)
        .header("authorization", &format!("Bearer {key}"));
    // At once, since what is created at the limits is not waited for.
    let operator = service.operator().header("prefer", "respond-async");
    for (plane, client, least) in [(Plane::Tenant, tenant, 80), (Plane::Admin, operator, 150)] {
        let document = document(plane);
        let mut tried = 0;
        for operation in operations(&document) {
            tried += bodies(&client, &document, &operation).await;
            tried += queries(&client, &operation).await;
        }
        assert!(tried >= least, "only {tried} values were tried on {plane:?}");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_as_long_as_is_said() {
    let service = Service::start().await;
    let document = document(Plane::Admin);
    let evict = operations(&document)
        .into_iter()
        .find(|operation| operation.description["operationId"] == "evictPool");
    let evict = evict.unwrap();
    let parameters = evict.description["parameters"].as_array().unwrap();
    let key = parameters
        .iter()
        .find(|parameter| parameter["name"] == "Idempotency-Key")
        .unwrap();
    let longest = usize::try_from(key["schema"]["maxLength"].as_u64().unwrap()).unwrap();
    for (key, status) in [("x".repeat(longest), 204), ("x".repeat(longest + 1), 400)] {
        let client = service.operator().header("idempotency-key", &key);
        client.send(Method::POST, &uri(&evict)).await.expect(status);
    }
}
