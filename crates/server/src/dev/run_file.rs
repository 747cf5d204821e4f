//! How `tenantry tenant …` finds the running service: a small file that the service leaves while it runs.

use std::fs;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::StateDir;

/// Where the running service of this folder is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// The tenant plane's address.
    pub tenant_plane: SocketAddr,
    /// The admin plane's address.
    pub admin_plane: SocketAddr,
}

impl RunFile {
    fn path(state: &StateDir) -> PathBuf {
        state.join("service.json")
    }

    /// Leaves the file; it goes with the guard.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, state: &StateDir) -> anyhow::Result<RunFileGuard> {
        let path = Self::path(state);
        let text = serde_json::to_string_pretty(self).context("the run file")?;
        // Whole or not at all: a reader never sees half of it.
        let partial = path.with_extension("json.new");
        fs::write(&partial, text)
            .and_then(|()| fs::rename(&partial, &path))
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(RunFileGuard { path })
    }

    /// The file that a service left, if one did. It may have been killed since.
    ///
    /// # Errors
    /// When the file is there and is not what we write.
    pub fn read(state: &StateDir) -> anyhow::Result<Option<Self>> {
        let path = Self::path(state);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
        };
        serde_json::from_str(&text)
            .map(Some)
            .with_context(|| format!("{} is damaged; delete it", path.display()))
    }
}

/// Removes the file when the service ends.
#[derive(Debug)]
pub struct RunFileGuard {
    path: PathBuf,
}

impl Drop for RunFileGuard {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "cannot remove the run file");
        }
    }
}
