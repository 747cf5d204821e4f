//! Installed server programs.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::account::Account;
use crate::files::is_program;
use crate::{Error, Search, Version, command};

/// Programs that a directory must have to be of use.
const NEEDED: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// How long a program may take to say its version.
const PATIENCE: Duration = Duration::from_secs(30);

/// Installed server programs that run here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Installation {
    pub(crate) bin_dir: PathBuf,
    pub(crate) version: Version,
}

impl Installation {
    /// What is in a directory, when its programs are complete and `account` can run them.
    pub(crate) fn probe(directory: &Path, account: &Account) -> io::Result<Self> {
        let incomplete = || io::Error::other(format!("{} are not all there", NEEDED.join(", ")));
        let bin_dir = resolve(directory).ok_or_else(incomplete)?;
        let mut postgres = command::program(&bin_dir.join("postgres"), account);
        postgres.arg("--version");
        let banner = command::output(postgres, PATIENCE)?;
        let version =
            Version::from_banner(&banner).ok_or_else(|| io::Error::other("it is not PostgreSQL"))?;
        Ok(Self { bin_dir, version })
    }

    /// All in `search` and in `more`, each once.
    pub(crate) fn all(search: &Search, more: &[PathBuf], account: &Account) -> Vec<Self> {
        let configured = search
            .path()
            .iter()
            .filter_map(|directory| ask_pg_config(directory, account));
        let places = search
            .path()
            .iter()
            .cloned()
            .chain(configured)
            .chain(search.well_known());
        let mut found: Vec<Self> = Vec::new();
        let mut seen: Vec<PathBuf> = Vec::new();
        for directory in places.chain(more.iter().cloned()) {
            let Some(bin_dir) = resolve(&directory) else {
                continue;
            };
            if seen.contains(&bin_dir) {
                continue;
            }
            match Self::probe(&bin_dir, account) {
                Ok(installation) => found.push(installation),
                Err(error) => {
                    tracing::debug!(bin_dir = %bin_dir.display(), %error, "PostgreSQL that does not run");
                }
            }
            seen.push(bin_dir);
        }
        found
    }

    /// The newest that serves data of `major`, or the newest of all when there is no data yet. Among equals the
    /// first wins.
    pub(crate) fn choose(found: &[Self], major: Option<u32>) -> Option<&Self> {
        found
            .iter()
            .rev()
            .filter(|installation| installation.version.major >= Version::OLDEST_MAJOR)
            .filter(|installation| major.is_none_or(|major| major == installation.version.major))
            .max_by_key(|installation| installation.version)
    }

    /// Why [`choose`](Self::choose) found none.
    pub(crate) fn missing(found: &[Self], major: Option<u32>, data: &Path) -> Error {
        let mut majors: Vec<u32> = found
            .iter()
            .map(|installation| installation.version.major)
            .collect();
        majors.sort_unstable();
        majors.dedup();
        match major {
            Some(needed) => Error::MajorNotInstalled {
                data_directory: data.to_owned(),
                needed,
                found: majors,
            },
            None => Error::NotInstalled { too_old: majors },
        }
    }

    /// One of its programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.bin_dir.join(name)
    }

    /// Its own `psql`, else the one on the search path.
    pub(crate) fn psql(bin_dir: &Path, search: &Search) -> Option<PathBuf> {
        Some(bin_dir.join("psql"))
            .filter(|psql| is_program(psql))
            .or_else(|| search.program("psql"))
    }
}

/// Where the programs of a directory really are, when they are complete. Packagers link them into `/usr/local/bin`
/// and the like, while PostgreSQL finds its libraries from where it really lies.
fn resolve(directory: &Path) -> Option<PathBuf> {
    if !NEEDED.iter().all(|name| is_program(&directory.join(name))) {
        return None;
    }
    let real = fs::canonicalize(directory.join("postgres")).ok()?;
    let real = real
        .parent()
        .filter(|real| NEEDED.iter().all(|name| is_program(&real.join(name))));
    real.map(Path::to_owned)
        .or_else(|| fs::canonicalize(directory).ok())
}

/// Where the `pg_config` of a directory says that the server's programs are.
fn ask_pg_config(directory: &Path, account: &Account) -> Option<PathBuf> {
    let pg_config = directory.join("pg_config");
    if !is_program(&pg_config) {
        return None;
    }
    let mut command = command::program(&pg_config, account);
    command.arg("--bindir");
    let answer = command::output(command, PATIENCE).ok()?;
    Some(PathBuf::from(answer.trim())).filter(|bin_dir| bin_dir.is_absolute())
}
