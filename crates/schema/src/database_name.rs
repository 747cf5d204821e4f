//! Database names that need no quoting.

use std::fmt;
use std::str::FromStr;

/// A database's name that needs no quoting: lower-case letters, digits and `_`, at most 63 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseName(String);

/// A text is not a valid [`DatabaseName`].
#[derive(Debug, thiserror::Error)]
#[error("a database name is a letter or _, then letters, digits and _, in lower case, at most 63")]
pub struct DatabaseNameError;

impl DatabaseName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for DatabaseName {
    type Err = DatabaseNameError;

    fn from_str(name: &str) -> Result<Self, DatabaseNameError> {
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        let valid = name.len() <= 63
            && name.bytes().next().is_some_and(letter)
            && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit());
        valid.then(|| Self(name.to_owned())).ok_or(DatabaseNameError)
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
