//! Profiles: the two sets of defaults that the binary carries.

use std::fmt;

/// Which defaults apply, and whether anything missing may be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// A developer's machine: what is missing is made, a private PostgreSQL included.
    Dev,
    /// Everything is given from outside; nothing is started or generated.
    Production,
}

impl Profile {
    /// Both, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::Dev, Self::Production];

    /// The name by which it is chosen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dev => "dev",
            Self::Production => "production",
        }
    }

    /// The name of its file, in the binary and in a configuration folder.
    pub fn file_name(self) -> String {
        format!("{self}.toml")
    }

    /// The text of its file as compiled in.
    pub(super) fn built_in(self) -> &'static str {
        match self {
            Self::Dev => include_str!("../../../config/dev.toml"),
            Self::Production => include_str!("../../../config/production.toml"),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
