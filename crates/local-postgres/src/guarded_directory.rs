//! Temporary directory of a server, removed even when this process is killed.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::account::Account;
use crate::error::IoContext;
use crate::{Error, files};

const ORPHAN_GUARD: &str = include_str!("guarded_directory/orphan_guard.sh");

/// Temporary directory of a server. A shell removes it when this value is dropped or this process ends in any way,
/// even by SIGKILL: it reads from a pipe that is closed then. A server that still runs is stopped.
#[derive(Debug)]
pub(crate) struct GuardedDirectory {
    path: PathBuf,
    guard: Child,
}

impl GuardedDirectory {
    /// Makes a directory that the server's account can use.
    pub(crate) fn new(account: &Account) -> Result<Self, Error> {
        let preferred = directory_in(&env::temp_dir(), account);
        // Root's own temporary directory may be closed to the account.
        let directory = preferred.or_else(|error| {
            let mut shared = ["/tmp", "/var/tmp"].into_iter().map(Path::new);
            let directory = shared.find_map(|shared| directory_in(shared, account).ok());
            directory.ok_or(error)
        })?;
        let mut guard = Command::new("/bin/sh");
        guard
            .args(["-c", ORPHAN_GUARD, "local-postgres-orphan-guard"])
            .arg(directory.path())
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0);
        let guard = guard.spawn().context("run /bin/sh")?;
        Ok(Self {
            path: directory.keep(),
            guard,
        })
    }

    /// The canonical path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for GuardedDirectory {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        if let Err(error) = self.guard.wait() {
            tracing::warn!(%error, "cannot wait for the orphan guard");
        }
        if self.path.exists() {
            tracing::warn!(path = %self.path.display(), "cannot remove a temporary directory");
        }
    }
}

fn directory_in(parent: &Path, account: &Account) -> Result<TempDir, Error> {
    let parent = fs::canonicalize(parent).on("find", parent)?;
    account.require_access(&parent)?;
    let directory = files::temporary(&parent, "local-postgres-")?;
    if *account != Account::Own {
        fs::set_permissions(directory.path(), Permissions::from_mode(0o711))
            .on("change the mode of", directory.path())?;
    }
    Ok(directory)
}
