//! Installed server programs.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::account::Account;
use crate::files::is_program;
use crate::{Options, Version, command};

/// The programs that this crate runs.
const NEEDED: [&str; 2] = ["initdb", "postgres"];

/// Timeout of a program that prints its version.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Subdirectory of the server's directory with downloaded programs, by version.
pub(crate) const BINARIES: &str = "binaries";

/// Server programs, and the account that runs them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installation {
    pub(crate) bin_dir: PathBuf,
    pub(crate) version: Version,
    pub(crate) account: Account,
}

impl Installation {
    /// The programs in a directory, if they are complete and run as `account`.
    pub(crate) fn probe(directory: &Path, account: &Account) -> io::Result<Self> {
        let incomplete = || io::Error::other(format!("not all of {} are there", NEEDED.join(", ")));
        let bin_dir = resolve(directory).ok_or_else(incomplete)?;
        let mut postgres = command::program(&bin_dir.join("postgres"), account);
        let banner = command::output(postgres.arg("--version"), TIMEOUT)?;
        let version = Version::from_banner(&banner).ok_or_else(|| io::Error::other("not PostgreSQL"))?;
        Ok(Self {
            bin_dir,
            version,
            account: account.clone(),
        })
    }

    /// All installations that run as `account`: those of the search, then earlier downloads.
    pub(crate) fn find_all(options: &Options, account: &Account) -> Vec<Self> {
        let path = options.search.path();
        let configured = path
            .iter()
            .filter_map(|directory| pg_config_bin_dir(directory, account));
        let downloads = fs::read_dir(options.directory.join(BINARIES));
        let downloaded = downloads.into_iter().flatten().flatten();
        let mut seen = HashSet::new();
        path.iter()
            .cloned()
            .chain(configured)
            .chain(options.search.packaged())
            .chain(downloaded.map(|version| version.path().join("bin")))
            .filter_map(|directory| resolve(&directory))
            .filter(|bin_dir| seen.insert(bin_dir.clone()))
            .filter_map(|bin_dir| match Self::probe(&bin_dir, account) {
                Ok(installation) => Some(installation),
                Err(error) => {
                    tracing::debug!(bin_dir = %bin_dir.display(), %error, "unusable PostgreSQL installation");
                    None
                }
            })
            .collect()
    }

    /// The newest one that is new enough and, for existing data, of its major version. Of equal ones the first.
    pub(crate) fn newest(found: &[Self], major: Option<u32>) -> Option<&Self> {
        found
            .iter()
            .rev()
            .filter(|installation| installation.version.major >= Version::OLDEST_MAJOR)
            .filter(|installation| major.is_none_or(|major| major == installation.version.major))
            .max_by_key(|installation| installation.version)
    }

    /// A command that runs one of the programs.
    pub(crate) fn command(&self, program: &str) -> Command {
        command::program(&self.bin_dir.join(program), &self.account)
    }
}

/// The directory that really contains the programs, if they are complete. Packages link them into `/usr/local/bin`
/// and the like, but PostgreSQL finds its libraries relative to its real directory.
fn resolve(directory: &Path) -> Option<PathBuf> {
    let complete = |directory: &Path| NEEDED.iter().all(|name| is_program(&directory.join(name)));
    if !complete(directory) {
        return None;
    }
    let postgres = fs::canonicalize(directory.join("postgres")).ok()?;
    match postgres.parent().filter(|real| complete(real)) {
        Some(real) => Some(real.to_owned()),
        None => fs::canonicalize(directory).ok(),
    }
}

/// The directory of server programs according to a directory's `pg_config`.
fn pg_config_bin_dir(directory: &Path, account: &Account) -> Option<PathBuf> {
    let pg_config = directory.join("pg_config");
    if !is_program(&pg_config) {
        return None;
    }
    let output = command::output(command::program(&pg_config, account).arg("--bindir"), TIMEOUT).ok()?;
    Some(PathBuf::from(output.trim())).filter(|bin_dir| bin_dir.is_absolute())
}
