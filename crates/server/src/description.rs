//! Descriptions of both planes, as they are served, printed and committed.

use serde_json::Value;

use crate::args::Plane;

/// The description of a plane: OpenAPI 3.1.
pub fn document(plane: Plane) -> Value {
    match plane {
        Plane::Tenant => api::document(),
        Plane::Admin => admin::document(),
    }
}

/// The description as text with indentation, which ends its line.
pub fn text(plane: Plane) -> String {
    format!("{:#}\n", document(plane))
}
