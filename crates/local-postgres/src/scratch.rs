//! A temporary directory that is removed however this process ends.

use std::env;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use crate::account::Account;
use crate::error::IoContext;
use crate::leash::Leash;
use crate::{Error, files};

/// Begins the name of such a directory.
const PREFIX: &str = "local-postgres-";

/// A temporary directory that is removed however this process ends, after stopping the server in it.
#[derive(Debug)]
pub(crate) struct Scratch {
    path: PathBuf,
    /// Missing once it has been removed.
    held: Option<(TempDir, Leash)>,
}

impl Scratch {
    /// Makes one in the first place for temporary files in which the server's account can work.
    pub(crate) fn new(account: &Account, stop_timeout: Duration) -> Result<Self, Error> {
        let directory = temporary_directory(account)?;
        let path = fs::canonicalize(directory.path()).doing("find", directory.path())?;
        let leash = Leash::new(&path, stop_timeout)?;
        Ok(Self {
            path,
            held: Some((directory, leash)),
        })
    }

    /// The directory, canonical.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes it; the server in it has been stopped.
    pub(crate) fn remove(mut self) -> Result<(), Error> {
        self.remove_once()
    }

    fn remove_once(&mut self) -> Result<(), Error> {
        let Some((directory, leash)) = self.held.take() else {
            return Ok(());
        };
        // On an error the leash is let go without a word, and tries on its own.
        directory.close().doing("remove", &self.path)?;
        leash.release()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = self.remove_once() {
            tracing::warn!(%error, "cannot remove a temporary directory");
        }
    }
}

fn temporary_directory(account: &Account) -> Result<TempDir, Error> {
    let first = temporary_directory_in(&env::temp_dir(), account);
    // Root's own place for temporary files may be closed to the server's account.
    ["/tmp", "/var/tmp"]
        .into_iter()
        .map(Path::new)
        .fold(first, |found, place| {
            found.or_else(|problem| temporary_directory_in(place, account).map_err(|_| problem))
        })
}

fn temporary_directory_in(place: &Path, account: &Account) -> Result<TempDir, Error> {
    let directory = files::temporary(place, PREFIX)?;
    if account.is_other() {
        fs::set_permissions(directory.path(), Permissions::from_mode(0o711))
            .doing("change the mode of", directory.path())?;
    }
    if account.can_work_below(directory.path())? {
        return Ok(directory);
    }
    Err(Error::Unreachable {
        path: place.to_owned(),
        account: account.name(),
    })
}
