//! Programs that scenarios run.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A program that is measured, compared with, or that makes load.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Program {
    /// Makes the certificates for what goes over TLS.
    Openssl,
    /// PostgreSQL's own client for load.
    Pgbench,
    /// The pooler that is most in use.
    Pgbouncer,
    /// The service itself.
    Tenantry,
    /// A client for HTTP load.
    Wrk,
}

/// Where Debian puts programs, beside the server's own folder.
const FOLDERS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

/// The executable of the service that is compared with.
pub(crate) const ORDINARY: &str = "ordinary-service";

/// A program that is not installed.
#[derive(Debug, thiserror::Error)]
#[error("{} is needed and not installed: {}, or leave it out with --without {}", .0.name(), .0.remedy(), .0.name())]
pub(crate) struct Missing(pub(crate) Program);

impl Program {
    /// As it is called, and as `--without` names it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Openssl => "openssl",
            Self::Pgbench => "pgbench",
            Self::Pgbouncer => "pgbouncer",
            Self::Tenantry => "tenantry",
            Self::Wrk => "wrk",
        }
    }

    /// How to get it.
    const fn remedy(self) -> &'static str {
        match self {
            Self::Openssl => "apt-get install -y openssl",
            Self::Pgbench => "apt-get install -y postgresql-contrib",
            Self::Pgbouncer => "apt-get install -y pgbouncer",
            Self::Tenantry => {
                "cargo build --release --package server --package bench (as `just bench` does), name it with --binary PATH"
            }
            Self::Wrk => "apt-get install -y wrk",
        }
    }

    /// Whether the quick set does without it, and without a comparison, where it is not installed.
    pub(crate) const fn is_optional(self) -> bool {
        !matches!(self, Self::Tenantry | Self::Wrk)
    }

    /// Where it is: beside the server's programs, else in one of the system's folders.
    ///
    /// # Errors
    /// When it is nowhere.
    pub(crate) fn find(self, server: Option<&Path>) -> Result<PathBuf, Missing> {
        let folders = server.into_iter().chain(FOLDERS.iter().map(Path::new));
        folders
            .map(|folder| folder.join(self.name()))
            .find(|program| program.is_file())
            .ok_or(Missing(self))
    }
}

/// An executable that was built beside this one.
pub(crate) fn sibling(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let file = own.parent()?.join(name);
    file.is_file().then_some(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_has_a_remedy_and_an_alternative() {
        let text = Missing(Program::Pgbouncer).to_string();
        assert!(text.contains("apt-get install -y pgbouncer"), "{text}");
        assert!(text.contains("--without pgbouncer"), "{text}");
    }

    #[test]
    fn the_servers_own_folder_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("pgbench");
        std::fs::write(&program, "").unwrap();
        assert_eq!(Program::Pgbench.find(Some(folder.path())).unwrap(), program);
    }
}
