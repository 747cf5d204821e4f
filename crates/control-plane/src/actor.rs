//! Who does something, and with which right.

use std::net::IpAddr;

use serde::Serialize;
use uuid::Uuid;

/// What a token of the admin plane may do. Each role may do all that those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Looks, and changes nothing.
    Viewer,
    /// Runs tenants: creates, changes, suspends and resumes them, and their API keys and pools.
    Operator,
    /// Also what cannot be undone, and who else may do what.
    Admin,
}

impl Role {
    /// All roles, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// As it stands in the store, in requests and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The role of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Who does something: whoever presented a token, or a part of the service itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The token's name, or the part of the service.
    pub name: String,
    /// The token's id; `None` for the configured one and for the service.
    pub token: Option<Uuid>,
    /// With which right; `None` for the service itself.
    pub role: Option<Role>,
    /// From where.
    pub source: Option<IpAddr>,
    /// Within which request.
    pub request_id: Option<String>,
}

impl Actor {
    /// What parts of the service are called in the audit log, in lower case; no token can have such a name.
    pub(crate) const PARTS: [&str; 6] = [
        "command line",
        "configured",
        "operation",
        "reconciler",
        "tenantry",
        "unauthenticated",
    ];

    /// A part of the service that acts by itself, such as its reconciler: one of its `PARTS`.
    pub fn service(part: &str) -> Self {
        Self {
            name: part.to_owned(),
            token: None,
            role: None,
            source: None,
            request_id: None,
        }
    }
}
