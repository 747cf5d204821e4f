//! States of tenants.

use serde::{Deserialize, Serialize};

/// The state of a tenant: provisioning → active ⇄ suspended → offboarding → purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantState {
    /// Committed to the store; its roles are being created.
    Provisioning,
    /// Served.
    Active,
    /// Refused until it is resumed.
    Suspended,
    /// Deleted and refused; its data is kept until it is undeleted or the grace period ends.
    Offboarding,
    /// Its rows, roles and credentials are deleted. Its id remains, and no other tenant gets it.
    Purged,
}

impl TenantState {
    /// All states, in the order of a tenant's life.
    pub const ALL: [Self; 5] = [
        Self::Provisioning,
        Self::Active,
        Self::Suspended,
        Self::Offboarding,
        Self::Purged,
    ];

    /// The state's name in the store, in requests and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Offboarding => "offboarding",
            Self::Purged => "purged",
        }
    }

    /// The state of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }
}
