//! What operators note of a tenant.

use serde::Serialize;
use serde_json::{Map, Value};

/// A JSON object of the operators' own, such as a plan or a region. The service reads nothing of it.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Metadata(Map<String, Value>);

/// Why an object is no [`Metadata`].
#[derive(Debug, thiserror::Error)]
#[error("must be an object of at most 16 KiB as JSON")]
pub struct MetadataError;

impl Metadata {
    /// The most bytes, as JSON.
    pub const MAX: usize = 16 * 1024;

    /// Checks the object. PostgreSQL keeps no NUL character, so one is refused too.
    ///
    /// # Errors
    /// When it is too long, or holds what cannot be stored.
    pub fn new(object: Map<String, Value>) -> Result<Self, MetadataError> {
        let text = serde_json::to_string(&object).map_err(|_| MetadataError)?;
        let storable = text.len() <= Self::MAX && !text.contains("\\u0000");
        storable.then_some(Self(object)).ok_or(MetadataError)
    }

    /// As it stands in the store.
    pub(crate) fn stored(value: Value) -> Option<Self> {
        match value {
            Value::Object(object) => Some(Self(object)),
            _ => None,
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }
}
