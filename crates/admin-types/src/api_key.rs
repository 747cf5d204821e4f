//! API keys of tenants.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Name, moment};

/// An API key: of the key itself only its first characters.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ApiKey {
    /// Its id.
    pub id: Uuid,
    /// Its tenant.
    pub tenant_id: Uuid,
    /// What it is for.
    pub name: String,
    /// Its first characters.
    pub prefix: String,
    /// What it allows: `read`, `write`. `None` from a service before scopes.
    #[serde(default)]
    pub scopes: Option<Vec<Name>>,
    /// Who made it.
    pub created_by: String,
    /// When it was made.
    #[serde(with = "moment")]
    pub created_at: OffsetDateTime,
    /// From when on it is refused; `None` for never.
    #[serde(with = "moment::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Since when it is refused for good.
    #[serde(with = "moment::option")]
    pub revoked_at: Option<OffsetDateTime>,
    /// When it was last used, to within a minute; `None` for never.
    #[serde(default, with = "moment::option")]
    pub last_used_at: Option<OffsetDateTime>,
}

/// A new API key.
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedApiKey {
    /// What is kept of it.
    #[serde(flatten)]
    pub key: ApiKey,
    /// The key itself, which is shown once: `None` in an answer that is given again.
    pub secret: Option<String>,
}
