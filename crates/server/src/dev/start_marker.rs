//! Marker of a service that is starting in a folder, until it has a run file.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process;

use anyhow::Context as _;
use private_files::Readers;

use super::StateDir;

const NAME: &str = "starting";

/// Says that this process is starting a service in the folder, until it is dropped.
#[derive(Debug)]
pub struct StartMarker {
    path: PathBuf,
    file: File,
}

impl StartMarker {
    /// Marks the start of this process. `None` where another process is starting here.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn set(state: &StateDir) -> anyhow::Result<Option<Self>> {
        if is_held(state) {
            return Ok(None);
        }
        let path = state.join(NAME);
        let file = private_files::replace(&path, process::id().to_string().as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        // Released by the kernel when this process is killed.
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(Some(Self { path, file }))
    }

    /// The process that is starting a service with this state folder. `None` also where the folder cannot be read.
    pub fn process(state_dir: &Path) -> Option<u32> {
        let state = StateDir::find(state_dir).ok()??;
        let text = is_held(&state).then(|| state.read(NAME, Readers::Anyone).ok().flatten())??;
        str::from_utf8(&text).ok()?.parse().ok()
    }
}

/// Whether the process that wrote the file still holds it.
fn is_held(state: &StateDir) -> bool {
    let file = private_files::open(&state.join(NAME), Readers::Anyone);
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

impl Drop for StartMarker {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "cannot remove the marker of a start");
        }
        // Closing is not enough: a child that is between fork and exec still has the file open.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_marked_once_and_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state");
        assert_eq!(StartMarker::process(&path), None);
        let state = StateDir::open(&path).unwrap();
        let marker = StartMarker::set(&state).unwrap().unwrap();
        assert_eq!(StartMarker::process(&path), Some(process::id()));
        assert!(StartMarker::set(&state).unwrap().is_none());
        // As after a kill: the file remains without a lock.
        marker.file.unlock().unwrap();
        assert_eq!(StartMarker::process(&path), None);
        drop(marker);
        assert!(!path.join(NAME).exists());
    }
}
