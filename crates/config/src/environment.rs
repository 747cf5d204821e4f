//! The environment: read here and nowhere else.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

use secrecy::SecretString;

use super::service_links;

/// The prefix of every variable of ours.
pub(super) const PREFIX: &str = "TENANTRY_";
const PROFILE: &str = "TENANTRY_PROFILE";
const CONFIG_DIR: &str = "TENANTRY_CONFIG_DIR";
/// For the commands that call a running service.
const ADMIN_URL: &str = "TENANTRY_ADMIN_URL";
const ADMIN_TOKEN: &str = "TENANTRY_ADMIN_TOKEN";
const ADMIN_CA_FILE: &str = "TENANTRY_ADMIN_CA_FILE";
const ADMIN_CLIENT_CERT_FILE: &str = "TENANTRY_ADMIN_CLIENT_CERT_FILE";
const ADMIN_CLIENT_KEY_FILE: &str = "TENANTRY_ADMIN_CLIENT_KEY_FILE";

/// Variables with the prefix that set no key. With the last two a build tells sqlx's macros where the databases are, and
/// the service has to start in such a shell.
const NO_KEYS: [&str; 9] = [
    PROFILE,
    CONFIG_DIR,
    ADMIN_URL,
    ADMIN_TOKEN,
    ADMIN_CA_FILE,
    ADMIN_CLIENT_CERT_FILE,
    ADMIN_CLIENT_KEY_FILE,
    "TENANTRY_CONTROL_DATABASE_URL",
    "TENANTRY_DATA_DATABASE_URL",
];

/// What sqlx reads at each login, and no configuration can override.
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
    pub fn admin_url(&self) -> Option<&str> {
        self.raw(ADMIN_URL)
            .map(|value| value.to_str().unwrap_or("(not UTF-8)"))
    }

    /// `TENANTRY_ADMIN_TOKEN`. A value that is not UTF-8 reads as an empty one.
    pub fn admin_token(&self) -> Option<SecretString> {
        self.raw(ADMIN_TOKEN)
            .map(|value| value.to_str().unwrap_or_default().to_owned().into())
    }

    /// `TENANTRY_ADMIN_CA_FILE`.
    pub fn admin_ca_file(&self) -> Option<PathBuf> {
        self.raw(ADMIN_CA_FILE).map(PathBuf::from)
    }

    /// `TENANTRY_ADMIN_CLIENT_CERT_FILE`.
    pub fn admin_client_cert_file(&self) -> Option<PathBuf> {
        self.raw(ADMIN_CLIENT_CERT_FILE).map(PathBuf::from)
    }

    /// `TENANTRY_ADMIN_CLIENT_KEY_FILE`.
    pub fn admin_client_key_file(&self) -> Option<PathBuf> {
        self.raw(ADMIN_CLIENT_KEY_FILE).map(PathBuf::from)
    }

    /// Every other variable.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&str, &OsStr)> {
        let variables = self.variables.iter();
        let variables = variables.map(|(name, value)| (name.as_str(), value.as_os_str()));
        variables
            .filter(|(name, value)| !NO_KEYS.contains(name) && !service_links::is_service_link(name, value))
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
