//! The two sets of defaults that the binary carries.

use std::fmt;

use super::{Inputs, Origin, Problem};

/// Which defaults hold, and whether anything missing may be generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// A developer's machine: a private PostgreSQL and whatever else is missing is made on the spot.
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
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Dev => "dev.toml",
            Self::Production => "production.toml",
        }
    }

    /// The text of its file as compiled in.
    pub(super) fn built_in(self) -> &'static str {
        match self {
            Self::Dev => include_str!("../../../../config/dev.toml"),
            Self::Production => include_str!("../../../../config/production.toml"),
        }
    }

    /// `--profile`, else `TENANTRY_PROFILE`, else dev. The origin is `None` for the latter.
    pub(super) fn choose(inputs: &Inputs) -> Result<(Self, Option<Origin>), Problem> {
        let (name, origin) = match (&inputs.profile, inputs.environment.profile()) {
            (Some(name), _) => (name.as_str(), Origin::flag("--profile")),
            (None, Some(name)) => (name, Origin::variable("TENANTRY_PROFILE")),
            (None, None) => return Ok((Self::Dev, None)),
        };
        match Self::ALL.into_iter().find(|profile| profile.name() == name) {
            Some(profile) => Ok((profile, Some(origin))),
            None => Err(Problem::UnknownProfile {
                name: name.to_owned(),
                origin,
            }),
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
