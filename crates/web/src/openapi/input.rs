//! What an operation takes and refuses, by the types of its handler's parameters.

use serde_json::{Map, Value, json};
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::{RefOr, Schema};
use utoipa::{IntoParams, ToSchema};

use crate::error::Code;

/// What a handler's parameter of this type adds to the description of its operation, on the plane `P`.
///
/// The plane is a type, so that a plane can describe extractors of other crates.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not describe what it takes from a request",
    note = "a parameter of a handler in `operation!` needs `web::openapi::Input`; a body `Json<T>` needs `T: utoipa::ToSchema`, parameters `Query<T>` need `T: utoipa::IntoParams`"
)]
pub trait Input<P> {
    /// Adds it.
    fn describe(inputs: &mut Inputs);
}

/// The parameters of a handler, as axum's `Handler` has them.
pub trait HandlerInputs<P> {
    /// Adds what each of them adds.
    fn describe(inputs: &mut Inputs);
}

/// What an operation takes and refuses.
#[derive(Debug, Default)]
pub struct Inputs {
    pub(super) parameters: Vec<Value>,
    pub(super) body: Option<Value>,
    pub(super) codes: Vec<Code>,
    pub(super) schemas: Map<String, Value>,
}

impl Inputs {
    /// Adds error codes.
    pub fn refuse(&mut self, codes: &[Code]) {
        for code in codes {
            if !self.codes.contains(code) {
                self.codes.push(*code);
            }
        }
    }

    /// Whether there is a parameter of this name.
    pub fn has_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|parameter| parameter["name"] == name)
    }

    /// Adds an optional header.
    pub fn header(&mut self, name: &str, description: &str, schema: &Value) {
        self.parameters.push(json!({
            "name": name, "in": "header", "required": false, "description": description, "schema": schema,
        }));
    }

    /// Adds a parameter of the path.
    pub fn path(&mut self, name: &str, description: &str, schema: &Value) {
        self.parameters.push(json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema,
        }));
    }

    /// Adds the parameters of a query. An optional one may be left out, but is never `null`.
    pub fn query<T: IntoParams>(&mut self) {
        for parameter in T::into_params(|| Some(ParameterIn::Query)) {
            let mut parameter = value(&parameter);
            without_null(&mut parameter["schema"]);
            self.parameters.push(parameter);
        }
    }

    /// Adds a JSON body. Fields that its types do not have are refused.
    pub fn body<T: ToSchema>(&mut self) {
        let content = self.content::<T>();
        self.body = Some(json!({"required": true, "content": {"application/json": content}}));
    }

    /// Adds the body of a PATCH, by its media type.
    pub fn patch_body<J: ToSchema, M: ToSchema>(&mut self) {
        let (json, merge) = (self.content::<J>(), self.content::<M>());
        let content = json!({"application/json": json, "application/merge-patch+json": merge});
        self.body = Some(json!({"required": true, "content": content}));
    }

    /// The content of a body, whose schemas are added.
    fn content<T: ToSchema>(&mut self) -> Value {
        let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut schemas);
        let name = T::name();
        schemas.push((name.to_string(), T::schema()));
        let mut content = json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
        for (component, schema) in schemas {
            let mut schema = value(&schema);
            if component == name
                && let Some(example) = schema.as_object_mut().and_then(|schema| schema.remove("example"))
            {
                content["example"] = example;
            }
            if schema["type"] == "object" {
                schema["additionalProperties"] = Value::Bool(false);
            }
            for field in schema["properties"].as_object_mut().into_iter().flatten() {
                without_null(field.1);
            }
            without_members_of_null(&mut schema);
            self.schemas.insert(component, schema);
        }
        content
    }
}

/// As JSON. Only what `utoipa` makes of types gets here, which has text for keys and finite numbers.
pub(super) fn value(of: &impl serde::Serialize) -> Value {
    serde_json::to_value(of).unwrap_or_default()
}

fn without_members_of_null(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
}

/// Takes `null` out of the values that a schema allows, as `utoipa` has it for each `Option`; those of
/// [`nullable`](super::nullable) keep it.
fn without_null(schema: &mut Value) {
    if let Some(types) = schema["type"].as_array_mut() {
        types.retain(|kind| kind != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema["type"] = only;
        }
    }
    if let Some(items) = schema["oneOf"].as_array_mut() {
        items.retain(|item| item["type"] != "null");
        if let [only] = items.as_slice() {
            let only = only.clone();
            *schema = only;
        }
    }
    without_members_of_null(schema);
}

macro_rules! tuples {
    ($(($($input:ident)*))+) => {
        $(
            impl<Plane, Marker, $($input: Input<Plane>),*> HandlerInputs<Plane> for (Marker, $($input,)*) {
                fn describe(_inputs: &mut Inputs) {
                    $($input::describe(_inputs);)*
                }
            }

            impl<Plane, $($input: Input<Plane>),*> Input<Plane> for ($($input,)*) {
                fn describe(_inputs: &mut Inputs) {
                    $($input::describe(_inputs);)*
                }
            }
        )+
    };
}

tuples! {
    ()
    (A)
    (A B)
    (A B C)
    (A B C D)
    (A B C D E)
    (A B C D E F)
    (A B C D E F G)
    (A B C D E F G H)
}
