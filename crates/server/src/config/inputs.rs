//! What the command line and the environment hand to the loader.

use std::{fmt, path::PathBuf};

use super::Environment;

/// Everything from outside that decides the configuration. The default is the dev profile.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--config-dir`.
    pub config_dir: Option<PathBuf>,
    /// Flags that set keys, in the order given: the last one of a key holds.
    pub overrides: Vec<Override>,
    /// The environment.
    pub environment: Environment,
}

/// One key set by a flag.
///
/// Made from the text of a `--set`, `section.key=value`. It never fails, so that a wrong one is reported
/// with all other problems; and it can be clap's type for the argument, which then has no error of its
/// own in which to show the value. `Debug` shows the flag and the key only.
#[derive(Clone)]
pub struct Override {
    pub(super) flag: String,
    /// `None` for a `--set` that is not `key=value`.
    pub(super) assignment: Option<(String, String)>,
}

impl Override {
    /// `key` set to `value` by a flag of its own, such as `--listen`.
    pub fn flag(flag: &str, key: &str, value: &str) -> Self {
        Self {
            flag: flag.to_owned(),
            assignment: Some((key.to_owned(), value.to_owned())),
        }
    }
}

impl From<&str> for Override {
    fn from(text: &str) -> Self {
        let assignment = text
            .split_once('=')
            .map(|(key, value)| (key.trim().to_owned(), value.to_owned()));
        Self {
            flag: "--set".to_owned(),
            assignment,
        }
    }
}

impl From<String> for Override {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Debug for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.assignment.as_ref().map(|(key, _)| key);
        f.debug_struct("Override")
            .field("flag", &self.flag)
            .field("key", &key)
            .finish_non_exhaustive()
    }
}
