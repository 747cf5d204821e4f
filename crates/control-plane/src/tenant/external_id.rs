//! What a tenant is called elsewhere.

use serde::Serialize;

/// A tenant's id in another system, unique among tenants: 1 to 200 characters, without control characters, and without
/// white space around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExternalId(String);

/// Why a text is no [`ExternalId`].
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 200 characters, no control characters, and no white space around it")]
pub struct ExternalIdError;

impl ExternalId {
    /// The most characters.
    pub const MAX: usize = 200;

    /// Checks the text.
    ///
    /// # Errors
    /// When it is empty, too long, has a control character or white space around it.
    pub fn new(id: impl Into<String>) -> Result<Self, ExternalIdError> {
        let id = id.into();
        let valid = (1..=Self::MAX).contains(&id.chars().count())
            && !id.chars().any(char::is_control)
            && id.trim() == id;
        valid.then_some(Self(id)).ok_or(ExternalIdError)
    }

    /// As it stands in the store, whatever the rules were when it was written.
    pub(crate) fn stored(id: String) -> Self {
        Self(id)
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
