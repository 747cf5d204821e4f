//! Problems of a configuration. No message shows a secret.

use std::fmt;

use serde::Serialize;

use super::{Key, Origin, Profile};

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The key, dotted; `None` where it is about a file, variable or flag as a whole.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    #[serde(skip)]
    is_missing: bool,
}

impl Problem {
    /// A problem that this message describes.
    pub fn new(key: Option<String>, message: String) -> Self {
        let is_missing = false;
        Self {
            key,
            message,
            is_missing,
        }
    }

    /// A value that its key does not take.
    pub(super) fn invalid(key: &Key, origin: &Origin, reason: impl fmt::Display) -> Self {
        Self::new(Some(key.to_string()), format!("{key}: {reason} ({origin})"))
    }

    /// A required key that is not set.
    pub(super) fn missing(key: &Key) -> Self {
        Self {
            is_missing: true,
            ..Self::new(
                Some(key.to_string()),
                format!("{key}: missing; {}", key.how_to_set()),
            )
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Everything that is wrong, at once.
#[derive(Debug)]
pub struct Problems {
    /// The profile; `None` where it is the problem.
    pub profile: Option<Profile>,
    /// At least one.
    pub list: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid configuration")?;
        if let Some(profile) = self.profile {
            write!(f, " (profile {profile})")?;
        }
        for problem in &self.list {
            write!(f, "\n  {problem}")?;
        }
        if let (Some(profile), true) = (self.profile, self.list.iter().any(|problem| problem.is_missing)) {
            let file = profile.file_name();
            write!(
                f,
                "\nMissing keys may also be set in {file} in the folder of --config-dir or TENANTRY_CONFIG_DIR."
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
