//! Where a tenant stands in its life.

use serde::Serialize;

/// Where a tenant stands in its life: provisioning → active ⇄ suspended → offboarding → purged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantState {
    /// Committed to the store; its roles are not made yet.
    Provisioning,
    /// Served.
    Active,
    /// Refused until it is resumed.
    Suspended,
    /// Deleted, and refused: its data is still there, until it is undeleted or its time is up.
    Offboarding,
    /// Its rows, roles and credentials are gone. What is left is its id, which no other tenant gets.
    Purged,
}

impl TenantState {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 5] = [
        Self::Provisioning,
        Self::Active,
        Self::Suspended,
        Self::Offboarding,
        Self::Purged,
    ];

    /// As it stands in the store, in requests and in answers.
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
