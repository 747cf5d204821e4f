//! One owner at a time.

use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::Path;
use std::process;
use std::time::Duration;

use crate::error::IoContext;
use crate::home::Home;
use crate::poll::until;
use crate::{Error, files};

/// Longer than a process that only looks has the lock.
const LOOK: Duration = Duration::from_millis(50);

/// Held by the process that owns the server. The operating system releases it when that process ends in any way,
/// so a lock left behind needs no clearing.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock, or says who has it.
    pub(crate) fn acquire(home: &Home) -> Result<Self, Error> {
        Self::acquire_at(&home.lock(), &home.directory)
    }

    /// Fails when a process has the lock, and says which one. It is tried for an instant, which
    /// [`acquire_at`](Self::acquire_at) waits for.
    pub(crate) fn require_free(home: &Home) -> Result<(), Error> {
        let path = home.lock();
        let mut file = match File::open(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            file => file.doing("open", &path)?,
        };
        match file.try_lock_shared() {
            Ok(()) => file.unlock().doing("unlock", &path),
            Err(TryLockError::WouldBlock) => Err(held(&mut file, &home.directory)),
            Err(TryLockError::Error(error)) => Err(error).doing("lock", &path),
        }
    }

    pub(crate) fn acquire_at(path: &Path, root: &Path) -> Result<Self, Error> {
        let mut file = files::open_private(path)?;
        let taken = until(LOOK, || match file.try_lock() {
            Ok(()) => Ok(Some(())),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        });
        if taken.doing("lock", path)?.is_none() {
            return Err(held(&mut file, root));
        }
        file.set_len(0).doing("write", path)?;
        file.rewind().doing("write", path)?;
        writeln!(file, "{}", process::id()).doing("write", path)?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child that is between fork and exec still has the file open.
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "cannot unlock a private PostgreSQL");
        }
    }
}

fn held(file: &mut File, root: &Path) -> Error {
    let mut text = String::new();
    let read = file.read_to_string(&mut text).ok();
    Error::Locked {
        root: root.to_owned(),
        pid: read.and_then(|_| text.trim().parse().ok()),
    }
}

/// The holder, in words.
pub(crate) fn holder(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

#[cfg(test)]
mod tests {
    use super::Lock;
    use crate::Error;

    #[test]
    fn the_second_is_told_who_holds_it_until_it_is_released() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let first = Lock::acquire_at(&path, directory.path()).unwrap();
        let refused = Lock::acquire_at(&path, directory.path()).unwrap_err();
        assert!(
            matches!(refused, Error::Locked { pid, .. } if pid == Some(std::process::id())),
            "{refused}"
        );
        assert!(
            refused
                .to_string()
                .contains(&format!("process {}", std::process::id()))
        );
        drop(first);
        Lock::acquire_at(&path, directory.path()).unwrap();
    }
}
