//! A route with its description.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use axum::handler::Handler;
use axum::routing::MethodRouter;
use http::StatusCode;
use serde_json::{Map, Value, json};
use utoipa::openapi::path::Paths;
use utoipa::openapi::{RefOr, Schema};

use super::input::value;
use super::{HandlerInputs, Input, Inputs, errors};
use crate::error::Code;

/// Declares an operation of a plane: a handler with `#[utoipa::path]`, and the codes of errors that it answers beside
/// those of its parameters.
///
/// ```text
/// operation!(create::create, [codes::TENANT_EXISTS])
/// ```
#[macro_export]
macro_rules! operation {
    ($handler:path $(, [$($code:expr),* $(,)?])? $(,)?) => {
        $crate::openapi::Operation::new($handler, $crate::openapi::routes!($handler))
            $(.refuses(&[$($code),*]))?
    };
}

/// What [`routes!`](super::routes) makes of a handler.
type Routes<S> = (Vec<(String, RefOr<Schema>)>, Paths, MethodRouter<S>);

/// Errors that the layers around all routes answer.
const OF_ALL: [Code; 6] = [
    Code::Malformed,
    Code::BodyTooLarge,
    Code::UriTooLong,
    Code::HostNotAllowed,
    Code::Internal,
    Code::DeadlineExceeded,
];

/// An operation of the plane `P`: a method of a path, its handler and its description.
pub struct Operation<P, S = ()> {
    description: Description,
    methods: MethodRouter<S>,
    plane: PhantomData<fn() -> P>,
}

/// The description of an operation.
#[derive(Debug)]
pub struct Description {
    pub(super) path: String,
    pub(super) method: String,
    pub(super) operation: Map<String, Value>,
    pub(super) inputs: Inputs,
}

impl<P, S: Clone + Send + Sync + 'static> Operation<P, S> {
    /// See [`operation!`](crate::operation).
    pub fn new<H, T>(_handler: H, (schemas, paths, methods): Routes<S>) -> Self
    where
        H: Handler<T, S>,
        T: HandlerInputs<P>,
    {
        let (path, item) = paths.paths.into_iter().next().unwrap_or_default();
        let method_and_operation = match value(&item) {
            Value::Object(methods) => methods.into_iter().next(),
            _ => None,
        };
        let (method, operation) = method_and_operation.unwrap_or_default();
        let mut inputs = Inputs::default();
        for (name, schema) in schemas {
            inputs.schemas.insert(name, value(&schema));
        }
        inputs.refuse(&OF_ALL);
        T::describe(&mut inputs);
        let operation = match operation {
            Value::Object(operation) => operation,
            _ => Map::new(),
        };
        let mut description = Description {
            path,
            method,
            operation,
            inputs,
        };
        description.default_tag();
        Self {
            description,
            methods,
            plane: PhantomData,
        }
    }

    /// Adds error codes.
    #[must_use]
    pub fn refuses(mut self, codes: &[Code]) -> Self {
        self.description.inputs.refuse(codes);
        self
    }

    /// Adds what a layer around the handler takes and refuses.
    #[must_use]
    pub fn behind<T: Input<P>>(mut self) -> Self {
        T::describe(&mut self.description.inputs);
        self
    }

    /// Says that it refuses requests without this header or parameter.
    #[must_use]
    pub fn requires(mut self, name: &str) -> Self {
        for parameter in &mut self.description.inputs.parameters {
            if parameter["name"] == name {
                parameter["required"] = Value::Bool(true);
            }
        }
        self
    }

    /// Puts the prefix before the path.
    #[must_use]
    pub fn under(mut self, prefix: &str) -> Self {
        self.description.path.insert_str(0, prefix);
        self
    }

    /// Puts this before its `operationId`, for a resource that is served below several prefixes: `internal` makes
    /// `internalListUsers` of `listUsers`.
    #[must_use]
    pub fn prefix_id(mut self, prefix: &str) -> Self {
        if let Some(Value::String(id)) = self.description.operation.get_mut("operationId") {
            let mut letters = id.chars();
            let first = letters.next().map(|first| first.to_ascii_uppercase());
            *id = prefix.chars().chain(first).chain(letters).collect();
        }
        self
    }

    /// Requires this security scheme of the document.
    #[must_use]
    pub fn secured_by(self, scheme: &str) -> Self {
        self.with("security", json!([{ scheme: [] }]))
    }

    /// Accepts this security scheme of the document instead of those it already has.
    #[must_use]
    pub fn or_secured_by(mut self, scheme: &str) -> Self {
        let security = self.description.operation.entry("security");
        if let Value::Array(schemes) = security.or_insert_with(|| json!([])) {
            schemes.push(json!({ scheme: [] }));
        }
        self
    }

    /// Sets a member of the description, such as an extension `x-…`.
    #[must_use]
    pub fn with(mut self, name: &str, value: Value) -> Self {
        self.description.operation.insert(name.to_owned(), value);
        self
    }

    /// Adds a header to its successful responses.
    #[must_use]
    pub fn answers_with(mut self, header: &str, description: &str) -> Self {
        self.description.success_header(
            header,
            &json!({"description": description, "schema": {"type": "string"}}),
        );
        self
    }

    /// The path.
    pub fn path(&self) -> &str {
        &self.description.path
    }

    /// The method, in lower case.
    pub fn method(&self) -> &str {
        &self.description.method
    }

    /// Its description, and its handler.
    pub fn split(self) -> (Description, MethodRouter<S>) {
        (self.description, self.methods)
    }
}

impl Description {
    /// The collection in the path, unless there is a tag.
    fn default_tag(&mut self) {
        if !self.operation.contains_key("tags") {
            let collection = self.path.split("/{").next().unwrap_or_default();
            let segment = collection.rsplit('/').next();
            self.operation.insert("tags".to_owned(), json!([segment]));
        }
    }

    fn success_header(&mut self, name: &str, header: &Value) {
        let Some(Value::Object(responses)) = self.operation.get_mut("responses") else {
            return;
        };
        for response in responses.values_mut() {
            response["headers"][name] = header.clone();
        }
    }

    /// The operation, with references to the error responses that are given back.
    pub(super) fn complete(mut self) -> (String, String, Value, Vec<errors::ErrorResponse>) {
        self.success_header("x-request-id", &json!({"$ref": "#/components/headers/RequestId"}));
        let mut by_status: BTreeMap<StatusCode, Vec<Code>> = BTreeMap::new();
        for code in self.inputs.codes {
            by_status.entry(code.status()).or_default().push(code);
        }
        let mut operation = Value::Object(self.operation);
        if let Some(responses) = operation["responses"].as_object_mut() {
            for (status, response) in responses.iter_mut() {
                if response["description"].as_str().is_none_or(str::is_empty) {
                    let status = status.parse::<StatusCode>().ok();
                    let reason = status.and_then(|status| status.canonical_reason());
                    response["description"] = json!(reason.unwrap_or_default());
                }
            }
        }
        let mut components = Vec::new();
        for (status, mut codes) in by_status {
            codes.sort_by_key(|code| code.name());
            let component = errors::response(status, &codes);
            operation["responses"][status.as_str()] =
                json!({"$ref": format!("#/components/responses/{}", component.name)});
            components.push(component);
        }
        if !self.inputs.parameters.is_empty() {
            operation["parameters"] = Value::Array(self.inputs.parameters);
        }
        if let Some(body) = self.inputs.body {
            operation["requestBody"] = body;
        }
        (self.path, self.method, operation, components)
    }
}

impl<P, S> fmt::Debug for Operation<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("method", &self.description.method)
            .field("path", &self.description.path)
            .finish_non_exhaustive()
    }
}
