//! API keys of tenants.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Name, moment};

/// An API key: of the key itself only its first characters.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "019b2c1e-58a0-7d41-9c0e-2b7f0d9a6c11",
    "tenant_id": "019b2c1d-0b52-7a0e-8f3b-6f5c1f6f2a10",
    "name": "billing",
    "prefix": "tnt_key_3kXq8Wz0",
    "scopes": ["read", "write"],
    "created_by": "ops",
    "created_at": "2026-11-30T16:02:55.573939Z",
    "expires_at": null,
    "revoked_at": null,
    "last_used_at": "2026-11-30T17:20:00.000000Z",
}))]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant_id: Uuid,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it allows: `read`, `write`. `null` from a service before scopes.
    #[serde(default)]
    #[schema(value_type = Option<Vec<String>>)]
    pub scopes: Option<Vec<Name>>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[serde(with = "moment")]
    pub created_at: OffsetDateTime,
    /// From when on it is refused; `null` for never.
    #[serde(with = "moment::option")]
    #[schema(required)]
    pub expires_at: Option<OffsetDateTime>,
    /// Since when it is refused for good.
    #[serde(with = "moment::option")]
    #[schema(required)]
    pub revoked_at: Option<OffsetDateTime>,
    /// When it was last used, to within a minute; `null` for never.
    #[serde(default, with = "moment::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

impl ApiKey {
    /// The number of characters in [`prefix`](Self::prefix).
    pub const PREFIX_LENGTH: usize = 16;
}

/// A new API key.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedApiKey {
    /// What is kept of it.
    #[serde(flatten)]
    pub key: ApiKey,
    /// The key itself, which is shown once: `null` in an answer that is given again.
    #[schema(required)]
    pub secret: Option<String>,
}
