//! What tenants are called.

use serde::Serialize;

/// A tenant's name: 1 to 100 characters, without control characters, and without white space around it. Not a UUID:
/// whoever says one means the tenant that has it for its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TenantName(String);

/// Why a text is no [`TenantName`].
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 100 characters, no control characters, and no white space around it, and be no UUID")]
pub struct TenantNameError;

impl TenantName {
    /// The most characters.
    pub const MAX: usize = 100;

    /// Checks the text.
    ///
    /// # Errors
    /// When it is empty, too long, has a control character or white space around it, or is a UUID.
    pub fn new(name: impl Into<String>) -> Result<Self, TenantNameError> {
        let name = name.into();
        let valid = (1..=Self::MAX).contains(&name.chars().count())
            && !name.chars().any(char::is_control)
            && name.trim() == name
            && uuid::Uuid::parse_str(&name).is_err();
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
