//! Where a value came from, carried through the merge as figment's metadata.

use std::{fmt, path::Path};

use figment::{Metadata, Source};
use serde::Serialize;

/// The kind of source that a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OriginKind {
    /// A file compiled into the binary.
    BuiltIn,
    /// A file of the configuration folder.
    File,
    /// A variable of the environment.
    Environment,
    /// A flag of the command line.
    Flag,
    /// The file that a secret's `_file` form names.
    SecretFile,
}

impl OriginKind {
    const ALL: [Self; 5] = [
        Self::BuiltIn,
        Self::File,
        Self::Environment,
        Self::Flag,
        Self::SecretFile,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::BuiltIn => "built-in",
            Self::File => "file",
            Self::Environment => "environment",
            Self::Flag => "flag",
            Self::SecretFile => "secret-file",
        }
    }
}

/// The source of a value: a file, a variable or a flag, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Origin {
    /// What it is.
    pub kind: OriginKind,
    /// Its name: a path, a variable's name or a flag.
    pub name: String,
}

impl Origin {
    fn new(kind: OriginKind, name: impl Into<String>) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }

    pub(super) fn built_in(file: &str) -> Self {
        Self::new(OriginKind::BuiltIn, file)
    }

    pub(super) fn file(path: &Path) -> Self {
        Self::new(OriginKind::File, path.display().to_string())
    }

    pub(super) fn variable(name: &str) -> Self {
        Self::new(OriginKind::Environment, name)
    }

    pub(super) fn flag(name: &str) -> Self {
        Self::new(OriginKind::Flag, name)
    }

    pub(super) fn secret_file(path: &Path) -> Self {
        Self::new(OriginKind::SecretFile, path.display().to_string())
    }

    /// As figment carries it beside each value.
    pub(super) fn to_metadata(&self) -> Metadata {
        Metadata::named(self.kind.name()).source(Source::Custom(self.name.clone()))
    }

    /// The reverse of [`Self::to_metadata`]; `None` for metadata that is not of ours.
    pub(super) fn from_metadata(metadata: &Metadata) -> Option<Self> {
        let kind = OriginKind::ALL
            .into_iter()
            .find(|kind| kind.name() == metadata.name)?;
        Some(Self::new(kind, metadata.source.as_ref()?.custom()?))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, name } = self;
        match kind {
            OriginKind::BuiltIn => write!(f, "{name} (built in)"),
            OriginKind::File | OriginKind::SecretFile => write!(f, "file {name}"),
            OriginKind::Environment => write!(f, "variable {name}"),
            OriginKind::Flag => write!(f, "flag {name}"),
        }
    }
}
