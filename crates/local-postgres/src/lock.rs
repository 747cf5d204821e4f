//! Exclusive ownership of a server, by a file lock.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::process;
use std::time::Duration;

use crate::error::IoContext;
use crate::{Error, files, poll};

/// Longer than a process holds the lock that only checks whether it is free.
const CHECK: Duration = Duration::from_millis(200);

/// Held by the process that owns a server. The operating system releases it when that process ends.
#[derive(Debug)]
pub(crate) struct Lock(File);

impl Lock {
    /// Takes the lock, or fails with [`Error::InUse`]. The file contains the owner's process id.
    pub(crate) fn acquire(path: &Path) -> Result<Self, Error> {
        let mut file = files::open_private(path)?;
        let locked = poll::until(CHECK, || match file.try_lock() {
            Err(TryLockError::WouldBlock) => Ok(None),
            locked => locked.map(Some),
        });
        if locked.on("lock", path)?.is_none() {
            let mut pid = String::new();
            let read = file.read_to_string(&mut pid).ok();
            return Err(Error::InUse {
                directory: files::parent(path).to_owned(),
                pid: read.and_then(|_| pid.trim().parse().ok()),
            });
        }
        file.set_len(0).on("write", path)?;
        file.rewind().on("write", path)?;
        writeln!(file, "{}", process::id()).on("write", path)?;
        Ok(Self(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing is not enough: a child between fork and exec still has the file open.
        if let Err(error) = self.0.unlock() {
            tracing::warn!(%error, "cannot unlock the private PostgreSQL");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lock;
    use crate::Error;

    #[test]
    fn the_owner_is_named_until_it_releases_the_lock() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let us = std::process::id();
        let first = Lock::acquire(&path).unwrap();
        let refused = Lock::acquire(&path).unwrap_err();
        assert!(
            matches!(refused, Error::InUse { pid, .. } if pid == Some(us)),
            "{refused}"
        );
        assert!(refused.to_string().contains(&format!("process {us}")));
        drop(first);
        Lock::acquire(&path).unwrap();
    }
}
