//! An answer with a secret that is shown once.

use std::fmt;

use axum::Json;
use axum::body::Bytes;
use axum::response::{IntoResponse, Response};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde_json::{Map, Value};
use web::Problem;

/// A JSON object with a secret in one of its fields. Where the answer is kept to be given again, that field is `null`:
/// the secret stands in no store.
pub(crate) struct ShownOnce {
    object: Map<String, Value>,
    field: &'static str,
    secret: SecretString,
}

impl ShownOnce {
    /// Shows `view`, which is a JSON object, with the secret as its `field`.
    pub(crate) fn new(
        view: &impl Serialize,
        field: &'static str,
        secret: SecretString,
    ) -> Result<Self, Problem> {
        match serde_json::to_value(view).map_err(Problem::internal)? {
            Value::Object(object) => Ok(Self {
                object,
                field,
                secret,
            }),
            _ => Err(Problem::internal("what is shown with a secret is no JSON object")),
        }
    }

    fn with(&self, secret: Value) -> Map<String, Value> {
        let mut object = self.object.clone();
        object.insert(self.field.to_owned(), secret);
        object
    }
}

impl IntoResponse for ShownOnce {
    fn into_response(self) -> Response {
        let kept = Value::Object(self.with(Value::Null)).to_string();
        let mut response = Json(self.with(self.secret.expose_secret().into())).into_response();
        response.extensions_mut().insert(KeptBody(kept.into()));
        response
    }
}

/// In a response's extensions: its body as it may be kept, in place of the one that is sent.
#[derive(Clone)]
pub(crate) struct KeptBody(pub(crate) Bytes);

impl fmt::Debug for ShownOnce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShownOnce")
            .field("field", &self.field)
            .finish_non_exhaustive()
    }
}
