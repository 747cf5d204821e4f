//! Ids of tenants in another system.

use serde::{Deserialize, Serialize};

/// A tenant's id in another system, unique among tenants: 1 to 200 characters, without control characters, and without
/// white space around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct ExternalId(String);

/// A text is not a valid [`ExternalId`].
#[derive(Debug, thiserror::Error)]
#[error("must have 1 to 200 characters, no control characters, and no white space around it")]
pub struct ExternalIdError;

impl ExternalId {
    /// The maximum of characters.
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

    /// A stored id, which earlier rules may have admitted.
    pub(crate) fn stored(id: String) -> Self {
        Self(id)
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ExternalId {
    type Error = ExternalIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}
