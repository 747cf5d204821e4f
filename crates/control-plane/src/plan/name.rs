//! Names of plans.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// A plan's name: 1 to 40 characters of `a` to `z`, `0` to `9` and `-`, the first one no `-`. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct PlanName(Arc<str>);

/// A text is not a valid [`PlanName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must have 1 to {} characters of a to z, 0 to 9 and -, and must not begin with -",
    PlanName::MAX
)]
pub struct PlanNameError;

impl PlanName {
    /// The maximum of characters.
    pub const MAX: usize = 40;
    /// The plan of tenants that are given no other. It always exists.
    pub const DEFAULT: &str = "default";
    /// What names match, as a regular expression.
    pub const PATTERN: &str = "^[a-z0-9][a-z0-9-]*$";

    /// Checks the text.
    ///
    /// # Errors
    /// When it is empty or too long, or has another character.
    pub fn new(name: &str) -> Result<Self, PlanNameError> {
        let valid = (1..=Self::MAX).contains(&name.len())
            && !name.starts_with('-')
            && name
                .bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'));
        valid.then(|| Self(name.into())).ok_or(PlanNameError)
    }

    /// A stored name.
    pub(crate) fn stored(name: &str) -> Self {
        Self(name.into())
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the default plan's.
    pub fn is_default(&self) -> bool {
        self.as_str() == Self::DEFAULT
    }
}

/// The default plan's.
impl Default for PlanName {
    fn default() -> Self {
        Self::stored(Self::DEFAULT)
    }
}

impl fmt::Display for PlanName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for PlanName {
    type Error = PlanNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::new(&text)
    }
}

impl Serialize for PlanName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// So that plans are found by the text of a name.
impl std::borrow::Borrow<str> for PlanName {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_short_and_of_few_characters() {
        for name in ["default", "a", "0", "pro-2026", &"x".repeat(40), "a-"] {
            assert_eq!(PlanName::new(name).unwrap().as_str(), name);
        }
        for wrong in [
            "",
            "-",
            "-a",
            "Pro",
            "a b",
            "a_b",
            "a.b",
            "ä",
            "a\n",
            "a\0",
            &"x".repeat(41),
        ] {
            assert_eq!(PlanName::new(wrong), Err(PlanNameError), "{wrong:?}");
        }
        assert!(PlanName::default().is_default());
    }
}
