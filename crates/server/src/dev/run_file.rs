//! Run file: the addresses of the service that runs in a folder.

use std::fs::{self, File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use config::Profile;
use private_files::Readers;
use serde::{Deserialize, Serialize};

use super::StateDir;

const NAME: &str = "service.json";

/// Addresses of the service that runs in this folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFile {
    /// The tenant plane's address.
    pub tenant_plane: SocketAddr,
    /// The admin plane's address.
    pub admin_plane: SocketAddr,
    /// Whether the tenant plane speaks TLS. An older service's file does not say it.
    #[serde(default)]
    pub tenant_tls: bool,
    /// Whether the admin plane speaks TLS.
    #[serde(default)]
    pub admin_tls: bool,
}

impl RunFile {
    /// Writes the file, which the guard removes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, state: &StateDir) -> anyhow::Result<RunFileGuard> {
        let path = state.join(NAME);
        let text = serde_json::to_string_pretty(self).context("the run file")?;
        // Atomic: a reader never sees a partial file.
        let file = private_files::replace(&path, text.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        // Released by the kernel when this process is killed.
        file.lock()
            .with_context(|| format!("cannot lock {}", path.display()))?;
        Ok(RunFileGuard { path, file })
    }

    /// Reads the file, if any. Its service may have been killed since.
    ///
    /// # Errors
    /// When the file cannot be read or is invalid.
    pub fn read(state: &StateDir) -> anyhow::Result<Option<Self>> {
        let Some(text) = state.read(NAME, Readers::Anyone)? else {
            return Ok(None);
        };
        let path = state.join(NAME);
        serde_json::from_slice(&text)
            .map(Some)
            .with_context(|| format!("{} is damaged; delete it", path.display()))
    }

    /// The addresses of the service that runs with this state folder. `None` also where the folder cannot be read.
    pub fn running(state_dir: &Path) -> Option<Self> {
        let state = StateDir::find(state_dir).ok()??;
        // Held first: a file whose service has ended names nothing that runs.
        Self::is_held(&state).then(|| Self::read(&state).ok().flatten())?
    }

    /// Whether the service that wrote the file still runs.
    fn is_held(state: &StateDir) -> bool {
        let file = private_files::open(&state.join(NAME), Readers::Anyone);
        file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The admin plane's address for a client on this machine, which sends the folder's token there.
    ///
    /// # Errors
    /// When the address is neither loopback nor unspecified.
    pub fn admin_address(&self) -> anyhow::Result<SocketAddr> {
        let address = self.admin_plane;
        if !address.ip().is_loopback() && !address.ip().is_unspecified() {
            bail!(
                "{NAME} in the state folder names {address}, which is no loopback address, and no token is sent there by \
                 itself: name the service with --url, and give its token by --token-file"
            );
        }
        Ok(address)
    }
}

/// Refuses a command for another profile than that of the service which runs in this folder.
///
/// # Errors
/// When the profile is production, and a service of the dev profile runs here.
pub fn refuse_beside_dev(profile: Profile) -> anyhow::Result<()> {
    if profile == Profile::Dev {
        return Ok(());
    }
    // A folder that another user can write is not trusted.
    let state = StateDir::find(StateDir::DEFAULT.as_ref()).ok().flatten();
    if state.as_ref().is_some_and(RunFile::is_held) {
        bail!(
            "the service that runs in this folder is of the dev profile, and this command is for {profile}: without \
             --profile and TENANTRY_PROFILE it reaches the one that runs here; for {profile} run it in another folder"
        );
    }
    Ok(())
}

/// Removes the file when the service ends.
#[derive(Debug)]
pub struct RunFileGuard {
    path: PathBuf,
    file: File,
}

impl Drop for RunFileGuard {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::debug!(%error, path = %self.path.display(), "cannot remove the run file");
        }
        // Closing is not enough: a child that is between fork and exec still has the file open.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_to_loopback_alone() {
        for (address, fits) in [
            ("127.0.0.1:8081", true),
            ("[::1]:8081", true),
            ("0.0.0.0:8081", true),
            ("[::]:8081", true),
            ("192.0.2.1:8081", false),
            ("[2001:db8::1]:8081", false),
            ("[::ffff:192.0.2.1]:8081", false),
        ] {
            let admin_plane = address.parse().unwrap();
            let run_file = RunFile {
                tenant_plane: admin_plane,
                admin_plane,
                tenant_tls: false,
                admin_tls: false,
            };
            assert_eq!(run_file.admin_address().is_ok(), fits, "{address}");
        }
    }

    #[test]
    fn a_service_holds_its_file_until_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(&folder.path().join("state")).unwrap();
        let admin_plane = ([127, 0, 0, 1], 8081).into();
        let run_file = RunFile {
            tenant_plane: admin_plane,
            admin_plane,
            tenant_tls: true,
            admin_tls: false,
        };
        let guard = run_file.write(&state).unwrap();
        assert!(RunFile::is_held(&state));
        assert_eq!(
            RunFile::running(&folder.path().join("state")),
            Some(run_file.clone())
        );
        assert_eq!(RunFile::running(folder.path()), None);
        assert_eq!(RunFile::read(&state).unwrap(), Some(run_file.clone()));
        // As after a kill: the file remains without a lock.
        guard.file.unlock().unwrap();
        assert!(!RunFile::is_held(&state));
        assert_eq!(RunFile::running(&folder.path().join("state")), None);
        assert_eq!(RunFile::read(&state).unwrap(), Some(run_file));
        drop(guard);
        assert_eq!(RunFile::read(&state).unwrap(), None);
    }
}
