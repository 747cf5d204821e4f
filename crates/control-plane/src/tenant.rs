//! A tenant as operators see it.

use serde::Serialize;
use tenant_registry::TenantId;
use time::OffsetDateTime;

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its id, as requests name it.
    pub id: TenantId,
    /// Its name, unique among tenants.
    pub name: TenantName,
    /// Where it stands in its life.
    pub state: TenantState,
    /// Counts every change that a pool must learn of.
    pub version: i64,
    /// When it was committed to the store.
    pub created_at: OffsetDateTime,
    /// When it changed last.
    pub updated_at: OffsetDateTime,
}

/// Where a tenant stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TenantState {
    /// Committed to the store; its roles are not made yet. Creating it again goes on.
    Provisioning,
    /// Served.
    Active,
    /// Refused until it is resumed.
    Suspended,
}

impl TenantState {
    /// As it stands in the store and in answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Provisioning => "provisioning",
            Self::Active => "active",
            Self::Suspended => "suspended",
        }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        [Self::Provisioning, Self::Active, Self::Suspended]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A tenant's name: 1 to 100 characters, without control characters, and without white space around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantName(String);

/// Why a text is no [`TenantName`].
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 100 characters, no control characters, and no white space around it")]
pub struct TenantNameError;

impl TenantName {
    /// The most characters.
    pub const MAX: usize = 100;

    /// Checks the text.
    ///
    /// # Errors
    /// When it is empty, too long, has a control character or white space around it.
    pub fn new(name: impl Into<String>) -> Result<Self, TenantNameError> {
        let name = name.into();
        let valid = (1..=Self::MAX).contains(&name.chars().count())
            && !name.chars().any(char::is_control)
            && name.trim() == name;
        valid.then_some(Self(name)).ok_or(TenantNameError)
    }

    /// As it stands in the store, whatever the rules were when it was written.
    pub(crate) fn stored(name: String) -> Self {
        Self(name)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
