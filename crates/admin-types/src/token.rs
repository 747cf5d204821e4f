//! Tokens of the admin plane.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{Name, moment};

/// A token, without its secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AdminToken {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// `viewer`, `operator` or `admin`.
    pub role: Name,
    /// When it was made.
    #[serde(with = "moment")]
    pub created_at: OffsetDateTime,
    /// From when on it is refused; `None` for never.
    #[serde(with = "moment::option")]
    pub expires_at: Option<OffsetDateTime>,
    /// Since when it is refused for good.
    #[serde(with = "moment::option")]
    pub revoked_at: Option<OffsetDateTime>,
}

/// A new token.
#[derive(Clone, Serialize, Deserialize)]
pub struct CreatedAdminToken {
    /// What is kept of it.
    #[serde(flatten)]
    pub kept: AdminToken,
    /// The token itself, which is shown once: `None` in an answer that is given again.
    pub token: Option<String>,
}
