//! Actors, and roles of the admin plane.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A role of the admin plane. Each includes the rights of those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads, and changes nothing.
    Viewer,
    /// Manages tenants, their API keys and pools.
    Operator,
    /// Also does what cannot be undone, and manages tokens.
    Admin,
}

impl Role {
    /// All roles, the weakest first.
    pub const ALL: [Self; 3] = [Self::Viewer, Self::Operator, Self::Admin];

    /// The role's name in the store, in requests and in answers.
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

/// The author of a change: the holder of a token, or a component of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The token's name, or the component's.
    pub name: String,
    /// The token's id; `None` for the configured token and for the service.
    pub token: Option<Uuid>,
    /// The role; `None` for the service.
    pub role: Option<Role>,
    /// The address of the request's peer.
    pub source: Option<IpAddr>,
    /// The request's id.
    pub request_id: Option<String>,
}

impl Actor {
    /// Names of components in the audit log, in lower case. No token can have such a name.
    pub(crate) const COMPONENTS: [&str; 6] = [
        "command line",
        "configured",
        "operation",
        "reconciler",
        "tenantry",
        "unauthenticated",
    ];

    /// A component of the service that acts by itself, such as its reconciler: one of `COMPONENTS`.
    pub fn service(component: &str) -> Self {
        Self {
            name: component.to_owned(),
            token: None,
            role: None,
            source: None,
            request_id: None,
        }
    }
}
