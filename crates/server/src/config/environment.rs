//! The environment: read here and nowhere else, and only what begins with `TENANTRY_`.

use std::{ffi::OsString, fmt};

use secrecy::SecretString;

use super::{Problem, service_links};

/// What every variable of ours begins with.
pub(super) const PREFIX: &str = "TENANTRY_";
const PROFILE: &str = "TENANTRY_PROFILE";
const CONFIG_DIR: &str = "TENANTRY_CONFIG_DIR";
/// Where sqlx's macros find the databases while the crates are built: `sqlx.toml` of each crate names its
/// own. The service does not read them, and must start in a shell that has them.
const OF_THE_BUILD: [&str; 2] = ["TENANTRY_CONTROL_DATABASE_URL", "TENANTRY_DATA_DATABASE_URL"];

/// What the commands read that speak to a running service: no keys of the configuration.
const ADMIN_URL: &str = "TENANTRY_ADMIN_URL";
const ADMIN_TOKEN: &str = "TENANTRY_ADMIN_TOKEN";

/// What sqlx reads by itself whenever it logs in, and no configuration can take back.
const OF_SQLX: [&str; 4] = ["PGOPTIONS", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"];

/// The `TENANTRY_` variables of a process, or of a test.
///
/// `Debug` shows names only: a value may be a secret.
#[derive(Clone, Default)]
pub struct Environment {
    variables: Vec<(String, OsString)>,
}

impl Environment {
    /// The variables of this process.
    pub fn process() -> Self {
        // Names that are not UTF-8 cannot begin with the prefix and be known.
        Self::of(std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))))
    }

    /// Variables of this process that would change how it logs in to PostgreSQL, past the configuration: options of
    /// the session, and whose certificates are trusted.
    pub fn behind_the_configuration() -> Vec<&'static str> {
        let set = |name: &&str| std::env::vars_os().any(|(given, _)| given == **name);
        OF_SQLX.into_iter().filter(set).collect()
    }

    /// Whether the user of this process asks for text without colours: `NO_COLOR` is not empty (no-color.org), or the
    /// terminal is a dumb one.
    pub fn wants_plain_text() -> bool {
        std::env::vars_os().any(|(name, value)| match name.to_str() {
            Some("NO_COLOR") => !value.is_empty(),
            Some("TERM") => value == "dumb",
            _ => false,
        })
    }

    /// The variables given. Those without the prefix are none of ours and are left out.
    pub fn of<N: Into<String>, V: Into<OsString>>(variables: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut variables: Vec<(String, OsString)> = variables
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        // The order of a process's environment is chance; that of errors shall not be.
        variables.sort_by(|left, right| left.0.cmp(&right.0));
        Self { variables }
    }

    /// `TENANTRY_PROFILE`. A value that is not UTF-8 reads as one that no profile has.
    pub(super) fn profile(&self) -> Option<&str> {
        self.raw(PROFILE)
            .map(|value| value.to_str().unwrap_or("(not UTF-8)"))
    }

    /// `TENANTRY_CONFIG_DIR`.
    pub(super) fn config_dir(&self) -> Option<&OsString> {
        self.raw(CONFIG_DIR)
    }

    /// `TENANTRY_ADMIN_URL`. A value that is not UTF-8 reads as no URL.
    pub(crate) fn admin_url(&self) -> Option<&str> {
        self.raw(ADMIN_URL)
            .map(|value| value.to_str().unwrap_or("(not UTF-8)"))
    }

    /// `TENANTRY_ADMIN_TOKEN`. A value that is not UTF-8 reads as an empty one.
    pub(crate) fn admin_token(&self) -> Option<SecretString> {
        self.raw(ADMIN_TOKEN)
            .map(|value| value.to_str().unwrap_or_default().to_owned().into())
    }

    /// Every other variable, as text.
    pub(super) fn settings(&self) -> impl Iterator<Item = Result<(&str, &str), Problem>> {
        self.variables
            .iter()
            .filter(|(name, value)| {
                ![PROFILE, CONFIG_DIR, ADMIN_URL, ADMIN_TOKEN].contains(&name.as_str())
                    && !OF_THE_BUILD.contains(&name.as_str())
                    && !service_links::is_service_link(name, value)
            })
            .map(|(name, value)| match value.to_str() {
                Some(value) => Ok((name.as_str(), value)),
                None => Err(Problem::NotUnicode {
                    variable: name.clone(),
                }),
            })
    }

    fn raw(&self, name: &str) -> Option<&OsString> {
        self.variables
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.variables.iter().map(|(name, _)| name))
            .finish()
    }
}
