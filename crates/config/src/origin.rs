//! The origin of a value, carried through the merge as figment's metadata.

use std::borrow::Cow;
use std::fmt;

use figment::Metadata;
use serde::Serialize;

/// The source of a value: a file, a variable or a flag, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// `built-in`, `file` (of the configuration folder), `environment`, `flag` or `secret-file`.
    pub kind: Cow<'static, str>,
    /// A path, a variable's name or a flag.
    pub name: String,
}

impl Origin {
    pub(super) const BUILT_IN: &str = "built-in";
    pub(super) const FILE: &str = "file";
    pub(super) const ENVIRONMENT: &str = "environment";
    pub(super) const FLAG: &str = "flag";
    /// The file that a secret's `_file` form names.
    pub(super) const SECRET_FILE: &str = "secret-file";

    pub(super) fn new(kind: &'static str, name: impl Into<String>) -> Self {
        let (kind, name) = (kind.into(), name.into());
        Self { kind, name }
    }
}

impl From<&Origin> for Metadata {
    fn from(origin: &Origin) -> Self {
        Self::from(origin.kind.clone(), origin.name.as_str())
    }
}

impl From<&Metadata> for Origin {
    fn from(metadata: &Metadata) -> Self {
        let name = metadata.source.as_ref().and_then(|source| source.custom());
        Self {
            kind: metadata.name.clone(),
            name: name.unwrap_or_default().to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &*self.kind {
            Self::BUILT_IN => write!(f, "{name} (built in)"),
            Self::ENVIRONMENT => write!(f, "variable {name}"),
            Self::FLAG => write!(f, "flag {name}"),
            _ => write!(f, "file {name}"),
        }
    }
}
