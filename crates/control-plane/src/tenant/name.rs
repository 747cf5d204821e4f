//! Names of tenants.

use serde::{Deserialize, Serialize};

use crate::chosen_name::{NameError, chosen_name};

/// A tenant's name: 1 to 100 printable characters in Unicode's form NFC, without white space around it. Not a UUID, which
/// would look like a tenant's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct TenantName(String);

/// A text is not a valid [`TenantName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TenantNameError {
    /// It is no name at all.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It is a UUID.
    #[error("must not be a UUID, which would look like a tenant's id")]
    Uuid,
}

impl TenantName {
    /// The maximum of characters.
    pub const MAX: usize = 100;

    /// Normalizes the text, and checks it.
    ///
    /// # Errors
    /// When it is empty, too long, has an invisible character or white space around it, or is a UUID.
    pub fn new(name: impl AsRef<str>) -> Result<Self, TenantNameError> {
        let name = chosen_name(name.as_ref(), Self::MAX)?;
        if uuid::Uuid::parse_str(&name).is_ok() {
            return Err(TenantNameError::Uuid);
        }
        Ok(Self(name))
    }

    /// A stored name, which earlier rules may have admitted.
    pub(crate) fn stored(name: String) -> Self {
        Self(name)
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TenantName {
    type Error = TenantNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_normalized_and_no_uuid() {
        let name = TenantName::new("Zoe\u{308}").unwrap();
        assert_eq!(name.as_str(), "Zo\u{eb}");
        let id = "0190b6b1-7f3a-7c22-8d5a-0f6c2a9b1e44";
        for uuid in [id, &id.replace('-', ""), &id.to_uppercase()] {
            assert_eq!(TenantName::new(uuid), Err(TenantNameError::Uuid), "{uuid}");
        }
        assert!(TenantName::new(" ").is_err());
    }
}
