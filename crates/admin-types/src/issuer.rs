//! Issuers of tokens.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

use crate::{Name, moment};

/// An issuer whose JSON Web Tokens are accepted, and its keys as the instance that answers has them.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "issuer": "https://login.example.com/",
    "source": "https://login.example.com/.well-known/jwks.json",
    "state": "stale",
    "keys": 2,
    "fetched_at": "2026-11-30T16:02:55.573939Z",
    "usable_until": "2026-12-01T16:02:55.573939Z",
    "failure": "the answer has status 503 Service Unavailable; redirects are not followed",
}))]
pub struct Issuer {
    /// What `iss` of its tokens is.
    pub issuer: String,
    /// Where its keys are from: the URL, without its query, or the file.
    pub source: String,
    /// `current`; `stale`, since the last fetch failed, and the keys of an earlier one are used; `unavailable`, since no
    /// keys were fetched yet or they are too old; or `empty`, without a key that can be used.
    #[schema(value_type = String)]
    pub state: Name,
    /// The number of usable keys.
    #[schema(required)]
    pub keys: Option<u64>,
    /// When they were last fetched, or the file was read.
    #[serde(with = "moment::option")]
    #[schema(required)]
    pub fetched_at: Option<OffsetDateTime>,
    /// How long they are used if no fetch succeeds any more; `null` for a file.
    #[serde(with = "moment::option")]
    #[schema(required)]
    pub usable_until: Option<OffsetDateTime>,
    /// Why the last fetch failed; `null` if it did not.
    #[schema(required)]
    pub failure: Option<String>,
}
