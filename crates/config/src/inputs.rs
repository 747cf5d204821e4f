//! Input of the loader, from the command line and the environment.

use std::{fmt, path::PathBuf};

use super::Environment;

/// Everything that decides the configuration. The default is the dev profile.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// `--profile`.
    pub profile: Option<String>,
    /// `--config-dir`.
    pub config_dir: Option<PathBuf>,
    /// Flags that set keys; of two for one key the last applies.
    pub overrides: Vec<Override>,
    /// The environment.
    pub environment: Environment,
}

/// A key set by the text of a `--set`, `section.key=value`; `None` where the text has another form.
///
/// Making one never fails, so that a malformed one is reported with all other problems, and clap's own error
/// does not show the value. `Debug` shows the key only.
#[derive(Clone)]
pub struct Override(pub(super) Option<(String, String)>);

impl From<&str> for Override {
    fn from(text: &str) -> Self {
        let assignment = text.split_once('=');
        Self(assignment.map(|(key, value)| (key.trim().to_owned(), value.to_owned())))
    }
}

impl From<String> for Override {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl fmt::Debug for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = self.0.as_ref().map(|(key, _)| key);
        f.debug_tuple("Override").field(&key).finish()
    }
}
