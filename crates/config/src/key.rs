//! Keys of the configuration, by name.

use std::fmt;

use super::environment::PREFIX;

/// A declared key. Shown as `section.name`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub(super) section: String,
    /// With a dot in it if it is in a table of the section.
    pub(super) name: String,
    pub(super) is_secret: bool,
}

impl Key {
    pub(super) fn new(section: &str, name: &str) -> Self {
        let (section, name) = (section.to_owned(), name.to_owned());
        Self {
            section,
            name,
            is_secret: false,
        }
    }

    /// The section's name.
    pub fn section(&self) -> &str {
        &self.section
    }

    /// The name within its section.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether its value is a secret. The key of the same name with `_file` then takes the path of a file.
    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// The variable that sets it.
    pub fn variable(&self) -> String {
        format!(
            "{PREFIX}{}__{}",
            self.section.to_uppercase(),
            self.name.to_uppercase().replace('.', "__")
        )
    }

    /// Of a secret: the key that takes the path of a file.
    pub fn file_form(&self) -> Option<Self> {
        self.is_secret
            .then(|| Self::new(&self.section, &format!("{}_file", self.name)))
    }

    /// The end of a sentence about a key that is not set.
    pub(super) fn how_to_set(&self) -> String {
        let variable = self.variable();
        match self.file_form() {
            Some(file) => format!(
                "set {} to the path of a file that holds it, or {variable}",
                file.variable()
            ),
            None => format!("set {variable}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.section, self.name)
    }
}
