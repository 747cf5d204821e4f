//! Extractors whose rejection is a [`Problem`](crate::Problem), in place of axum's, which answer in plain text.

mod bearer;
mod body;
mod idempotency;
mod json;
mod media_type;
mod no_body;
mod no_query;
mod patch;
mod path;
mod preconditions;
mod preferences;
mod query;

pub use bearer::bearer_token;
pub use body::whole_body;
pub use idempotency::{
    IDEMPOTENCY_KEY, IDEMPOTENCY_REPLAYED, KeyedRequest, LONGEST_IDEMPOTENCY_KEY, Once, idempotency_key,
    request_fingerprint,
};
pub use json::Json;
pub use no_body::NoBody;
pub use no_query::NoQuery;
pub use patch::Patch;
pub use path::PathId;
pub(crate) use preconditions::ENTITY_TAGS;
pub use preconditions::{EntityTag, Freshness, Preconditions, Tags, Versions};
pub use preferences::{PREFERENCE_APPLIED, Return, preference};
pub use query::Query;
