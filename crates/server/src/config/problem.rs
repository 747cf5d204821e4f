//! What can be wrong with a configuration. No message holds a secret.

use std::{fmt, io, path::PathBuf};

use super::{Key, Origin, OriginKind, Profile};

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// A key that does not exist.
    #[error("{origin}: there is no key `{key}`{}", meant(*nearest, origin))]
    UnknownKey {
        /// As it was written.
        key: String,
        /// Where it stands.
        origin: Origin,
        /// What may have been meant.
        nearest: Option<Key>,
    },
    /// A value that its key does not take.
    #[error("{key}: {reason} ({origin})")]
    Invalid {
        /// The key.
        key: Key,
        /// Where the value stands.
        origin: Origin,
        /// What is wrong with it.
        reason: String,
    },
    /// A file that is not TOML.
    #[error("{origin}: line {line}, column {column}: {message}")]
    Syntax {
        /// The file.
        origin: Origin,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What the parser says, without the line itself: it may hold a secret.
        message: String,
    },
    /// The configuration folder, or its file, cannot be read.
    #[error("{path:?}: {error} ({origin})")]
    Unreadable {
        /// Folder or file.
        path: PathBuf,
        /// What named the folder.
        origin: Origin,
        /// Why.
        #[source]
        error: io::Error,
    },
    /// A variable whose value is not UTF-8.
    #[error("variable {variable}: its value is not UTF-8")]
    NotUnicode {
        /// Its name.
        variable: String,
    },
    /// A `--set` without `=`. Its text is not shown: it may be a secret that slipped.
    #[error("flag {flag}: takes section.key=value, as in {flag} registry.idle_timeout=5m")]
    Malformed {
        /// The flag.
        flag: String,
    },
    /// A secret on the command line, where every process of the machine can read it.
    #[error("{key}: a secret is not taken from {origin}; {}", how_to_set(*key))]
    SecretArgument {
        /// The secret.
        key: Key,
        /// The flag.
        origin: Origin,
    },
    /// A secret given in both of its forms.
    #[error("{key}: given itself ({inline}) and as a file ({file}); give one of the two")]
    BothForms {
        /// The secret.
        key: Key,
        /// Where its value stands.
        inline: Origin,
        /// Where its `_file` form stands.
        file: Origin,
    },
    /// The file of a secret cannot be used.
    #[error("{key}: {path:?} {reason} ({origin})")]
    SecretFile {
        /// The `_file` key.
        key: Key,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// Where the `_file` key stands.
        origin: Origin,
    },
    /// A key that has no default and was not given.
    #[error("{key}: missing; {}", how_to_set(*key))]
    Missing {
        /// The key.
        key: Key,
    },
    /// A value that passed every check and still does not fit the settings: a fault of this module.
    #[error("the checked values do not fit the settings: {error}")]
    Unforeseen {
        /// What figment says. It has seen no secret.
        #[source]
        error: Box<figment::Error>,
    },
    /// A profile that does not exist.
    #[error("{origin}: there is no profile {name:?}; there are dev and production")]
    UnknownProfile {
        /// As it was written.
        name: String,
        /// Where it stands.
        origin: Origin,
    },
}

impl Problem {
    /// The key that it is about.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::UnknownKey { key, .. } => Some(key.clone()),
            Self::Invalid { key, .. }
            | Self::SecretArgument { key, .. }
            | Self::BothForms { key, .. }
            | Self::SecretFile { key, .. }
            | Self::Missing { key, .. } => Some(key.to_string()),
            Self::Syntax { .. }
            | Self::Unreadable { .. }
            | Self::NotUnicode { .. }
            | Self::Malformed { .. }
            | Self::Unforeseen { .. }
            | Self::UnknownProfile { .. } => None,
        }
    }
}

fn meant(nearest: Option<Key>, origin: &Origin) -> String {
    match nearest {
        Some(key) if origin.kind == OriginKind::Environment => format!("; did you mean {}?", key.variable()),
        Some(key) => format!("; did you mean `{key}`?"),
        None => String::new(),
    }
}

fn how_to_set(key: Key) -> String {
    match key.file_form() {
        Some(file) => {
            format!(
                "set {} to a file that holds it, or {} to itself",
                file.variable(),
                key.variable()
            )
        }
        None => format!("set {}", key.variable()),
    }
}

/// Everything that is wrong, at once.
#[derive(Debug)]
pub struct Problems {
    /// The profile in which it is; `None` where that itself is wrong.
    pub profile: Option<Profile>,
    /// At least one.
    pub list: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration does not hold")?;
        if let Some(profile) = self.profile {
            write!(f, " (profile {profile})")?;
        }
        for problem in &self.list {
            write!(f, "\n  {problem}")?;
        }
        let missing = self
            .list
            .iter()
            .any(|problem| matches!(problem, Problem::Missing { .. }));
        if let (true, Some(profile)) = (missing, self.profile) {
            let file = profile.file_name();
            write!(
                f,
                "\nWhat is missing may also stand in {file} in the folder of --config-dir or TENANTRY_CONFIG_DIR."
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
