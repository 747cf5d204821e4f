//! The name of a key-encryption key.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    Error,
    random::{Hex, random},
};

/// The name of a KEK: 1 to 32 of the characters `a-z`, `0-9` and `-`. It is public and stored with every
/// wrapped DEK, so it must never be given to another key.
///
/// Providers whose own names are longer (an ARN, a path) map a short id to them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KekId(String);

/// The text is no [`KekId`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a key id has 1 to 32 characters out of a-z, 0-9 and -")]
pub struct KekIdError;

impl KekId {
    /// The most bytes an id can have.
    pub const MAX_LEN: usize = 32;

    /// A random id of 16 hexadecimal digits.
    ///
    /// # Errors
    /// [`Error::Randomness`].
    pub fn random() -> Result<Self, Error> {
        Ok(Self(Hex(&random::<8>()?).to_string()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for KekId {
    type Error = KekIdError;

    fn try_from(id: String) -> Result<Self, KekIdError> {
        let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if (1..=Self::MAX_LEN).contains(&id.len()) && id.bytes().all(allowed) {
            Ok(Self(id))
        } else {
            Err(KekIdError)
        }
    }
}

impl FromStr for KekId {
    type Err = KekIdError;

    fn from_str(id: &str) -> Result<Self, KekIdError> {
        Self::try_from(id.to_owned())
    }
}

impl From<KekId> for String {
    fn from(id: KekId) -> Self {
        id.0
    }
}

impl fmt::Display for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for KekId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KekId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_the_format_allows() {
        for id in ["a", "0", "-", "2026-a", "abcdefghijklmnopqrstuvwxyz012345"] {
            assert_eq!(id.parse::<KekId>().map(|id| id.to_string()), Ok(id.to_owned()));
        }
    }

    #[test]
    fn refuses_the_rest() {
        for id in [
            "",
            "A",
            "a_b",
            "a b",
            "a\n",
            "a\0",
            "ä",
            "a/b",
            "abcdefghijklmnopqrstuvwxyz0123456",
        ] {
            assert_eq!(id.parse::<KekId>(), Err(KekIdError), "{id:?}");
        }
    }

    #[test]
    fn random_ids_are_valid_and_differ() {
        let [one, other] = [(); 2].map(|()| KekId::random().expect("randomness"));
        assert_ne!(one, other);
        assert_eq!(one.as_str().parse::<KekId>(), Ok(one.clone()));
    }
}
