//! Extractors whose rejection is a [`Problem`](crate::Problem), in place of axum's, which answer in plain
//! text.

mod json;
mod media_type;
mod path;
mod unique;

pub use json::JsonObject;
pub use path::PathId;
