//! Tokens of the admin plane.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{Name, moment};

/// A token, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "id": "019b2c1e-58a0-7d41-9c0e-2b7f0d9a6c11",
    "name": "ops",
    "role": "operator",
    "created_at": "2026-11-30T16:02:55.573939Z",
    "expires_at": null,
    "revoked_at": null,
}))]
pub struct AdminToken {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `viewer`, `operator` or `admin`.
    #[schema(value_type = String)]
    pub role: Name,
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
}

/// A new token.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct CreatedAdminToken {
    /// What is kept of it.
    #[serde(flatten)]
    pub kept: AdminToken,
    /// The token itself, which is shown once: `null` in an answer that is given again.
    #[schema(required)]
    pub token: Option<String>,
}
