//! The document of a plane.

use serde_json::{Map, Value, json};

use super::input::value;
use super::schemas::{INLINE, field_type, request_id};
use super::{Description, errors};
use crate::error::{Code, problem_schemas};

/// A document under construction. Its order is that of names, whatever the order of declaration.
#[derive(Debug)]
pub struct Document {
    info: Value,
    tags: Vec<Value>,
    security_schemes: Map<String, Value>,
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
    responses: Map<String, Value>,
    codes: Vec<Code>,
}

impl Document {
    /// A document without operations. The description is Markdown.
    pub fn new(title: &str, version: &str, description: &str) -> Self {
        Self {
            info: json!({
                "title": title,
                "version": version,
                "description": description,
                "license": {"name": "MIT", "identifier": "MIT"},
            }),
            tags: Vec::new(),
            security_schemes: Map::new(),
            paths: Map::new(),
            schemas: problem_schemas()
                .into_iter()
                .map(|(name, schema)| (name, value(&schema)))
                .collect(),
            responses: Map::new(),
            codes: Vec::new(),
        }
    }

    /// Adds a group of operations.
    pub fn tag(&mut self, name: &str, description: &str) {
        self.tags.push(json!({"name": name, "description": description}));
    }

    /// Adds a security scheme.
    pub fn security_scheme(&mut self, name: &str, scheme: Value) {
        self.security_schemes.insert(name.to_owned(), scheme);
    }

    /// Adds an operation.
    pub fn add(&mut self, mut description: Description) {
        self.schemas
            .extend(std::mem::take(&mut description.inputs.schemas));
        self.codes.extend(&description.inputs.codes);
        let (path, method, mut operation, responses) = description.complete();
        for error in responses {
            self.responses.insert(error.name, error.response);
            self.schemas.insert(error.schema_name, error.schema);
        }
        let operation_security = operation["security"].take();
        operation["security"] = match operation_security {
            Value::Null => json!([]),
            security => security,
        };
        self.paths.entry(path).or_insert_with(|| json!({}))[method] = operation;
    }

    /// The document, OpenAPI 3.1.
    pub fn finish(self) -> Value {
        let examples: Map<_, _> = self
            .codes
            .into_iter()
            .map(|code| (code.name().to_owned(), errors::example(code)))
            .collect();
        let security: Vec<_> = self
            .security_schemes
            .keys()
            .map(|scheme| json!({ scheme: [] }))
            .collect();
        let mut document = json!({
            "openapi": "3.1.0",
            "info": self.info,
            "servers": [{"url": "/", "description": "The plane that serves this document."}],
            "tags": self.tags,
            "security": security,
            "paths": self.paths,
            "components": {
                "schemas": self.schemas,
                "responses": self.responses,
                "examples": examples,
                "headers": {"RequestId": request_id(), "RetryAfter": errors::retry_after()},
                "securitySchemes": self.security_schemes,
            },
        });
        put_in_place(&mut document);
        say_open(&mut document["paths"]);
        say_open(&mut document["components"]["schemas"]);
        let schemas = document["components"]["schemas"].take();
        document["components"]["schemas"] = referring(schemas);
        document
    }
}

/// Replaces references to field types by their schemas. What stands beside a reference has precedence.
fn put_in_place(document: &mut Value) {
    match document {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str);
            let name = name.and_then(|name| name.strip_prefix("#/components/schemas/"));
            if let Some(schema) = name.and_then(field_type) {
                members.remove("$ref");
                if let Value::Object(schema) = value(&schema) {
                    for (name, member) in schema {
                        members.entry(name).or_insert(member);
                    }
                }
            }
            members.values_mut().for_each(put_in_place);
        }
        Value::Array(items) => items.iter_mut().for_each(put_in_place),
        _ => {}
    }
}

/// Says of objects without declared members that they take any: generators take the silence for an object that is empty.
fn say_open(value: &mut Value) {
    match value {
        Value::Object(members) => {
            let object = match members.get("type") {
                Some(Value::Array(types)) => types.iter().any(|name| name == "object"),
                name => name.is_some_and(|name| name == "object"),
            };
            if object && !members.contains_key("properties") {
                members.entry("additionalProperties").or_insert(Value::Bool(true));
            }
            members.values_mut().for_each(say_open);
        }
        Value::Array(items) => items.iter_mut().for_each(say_open),
        _ => {}
    }
}

/// The components, without field types, which refer to each other.
fn referring(schemas: Value) -> Value {
    let Value::Object(mut schemas) = schemas else {
        return schemas;
    };
    schemas.retain(|name, _| !name.starts_with(INLINE));
    let whole = schemas.clone();
    schemas
        .iter_mut()
        .for_each(|(name, schema)| refer(schema, &whole, Some(name)));
    Value::Object(schemas)
}

/// Replaces schemas that stand in place, as `utoipa` has the items of a generic type, by references to components.
fn refer(value: &mut Value, components: &Map<String, Value>, itself: Option<&str>) {
    let component = components
        .iter()
        .find(|(name, schema)| Some(name.as_str()) != itself && *schema == value);
    if let Some((name, _)) = component {
        *value = json!({"$ref": format!("#/components/schemas/{name}")});
        return;
    }
    match value {
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| refer(member, components, itself)),
        Value::Array(items) => items.iter_mut().for_each(|item| refer(item, components, itself)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use utoipa::{IntoParams, ToSchema};

    use crate::openapi::{Operation, nullable};
    use crate::page::Limit;
    use crate::read::{Integer, Text};
    use crate::{Json, Page, Query};

    use super::*;

    struct Shop;

    #[derive(Deserialize, ToSchema)]
    #[expect(dead_code, clippy::option_option, reason = "for its schema")]
    struct Order {
        goods: Text<1, 40>,
        pieces: Option<Integer<1, 9>>,
        #[schema(schema_with = nullable::<Text<1, 3>>, required = false)]
        note: Option<Option<Text<1, 3>>>,
    }

    #[derive(Deserialize, IntoParams)]
    #[expect(dead_code, reason = "for its schema")]
    struct Orders {
        limit: Option<Limit>,
        of: Option<Text<2, 5>>,
    }

    #[derive(ToSchema)]
    #[expect(dead_code, reason = "for its schema")]
    struct Placed {
        number: u32,
        #[schema(value_type = Option<Object>, required)]
        labels: Option<Value>,
    }

    /// Change all orders
    #[utoipa::path(put, path = "/orders", operation_id = "changeOrders", responses((status = 200, body = Page<Placed>)))]
    async fn change(Query(_): Query<Orders>, Json(_): Json<Order>) {}

    #[test]
    fn limits_stand_in_place_and_types_by_reference() {
        let operation: Operation<Shop> = crate::operation!(change);
        let mut document = Document::new("Shop", "1", "Orders.");
        document.add(operation.under("/v1").split().0);
        let document = document.finish();
        let change = &document["paths"]["/v1/orders"]["put"];
        assert_eq!(change["tags"], json!(["orders"]));
        assert_eq!(change["summary"], "Change all orders");
        let parameters = change["parameters"].as_array().unwrap();
        assert_eq!(parameters[0]["schema"]["maximum"], 500);
        assert_eq!(parameters[1]["schema"]["minLength"], 2);

        let schemas = &document["components"]["schemas"];
        let order = &schemas["Order"];
        assert_eq!(order["required"], json!(["goods"]));
        assert_eq!(
            order["properties"]["pieces"],
            json!({"type": "integer", "minimum": 1, "maximum": 9})
        );
        assert_eq!(order["properties"]["note"]["anyOf"][1], json!({"type": "null"}));
        let items = &schemas["Page_Placed"]["properties"]["items"]["items"];
        assert_eq!(items["$ref"], "#/components/schemas/Placed");
        let labels = &schemas["Placed"]["properties"]["labels"];
        assert_eq!(labels["additionalProperties"], true);
        assert!(!document.to_string().contains(INLINE));
    }

    #[test]
    fn errors_follow_from_what_is_read() {
        let operation: Operation<Shop> = crate::operation!(change, [Code::Conflict]);
        let mut document = Document::new("Shop", "1", "Orders.");
        document.add(operation.split().0);
        let document = document.finish();
        let responses = document["paths"]["/orders"]["put"]["responses"]
            .as_object()
            .unwrap();
        let statuses: Vec<_> = responses.keys().map(String::as_str).collect();
        assert_eq!(
            statuses,
            [
                "200", "400", "408", "409", "413", "414", "415", "421", "422", "500", "504"
            ]
        );
        let schema = &document["components"]["schemas"]["Problem_CONFLICT"]["allOf"][1]["properties"];
        assert_eq!(
            (&schema["status"]["enum"], &schema["code"]["enum"]),
            (&json!([409]), &json!(["CONFLICT"]))
        );
        let conflict = &document["components"]["responses"]["CONFLICT"];
        assert_eq!(
            conflict["content"]["application/problem+json"]["schema"]["$ref"],
            "#/components/schemas/Problem_CONFLICT"
        );
        let description = conflict["description"].as_str().unwrap();
        assert!(
            description.contains(Code::Conflict.title()) && description.contains(Code::Conflict.advice())
        );
        let example = &document["components"]["examples"]["CONFLICT"]["value"];
        assert_eq!(
            (&example["status"], &example["code"]),
            (&json!(409), &json!("CONFLICT"))
        );
    }
}
