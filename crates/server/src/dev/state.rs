//! The folder with what the dev profile keeps between runs.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use control_plane::{AdminToken, random_secret};
use crypto::{KekId, KeyRing};
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::Settings;

/// `.tenantry`, unless `dev.state_dir` says otherwise.
#[derive(Debug, Clone)]
pub struct StateDir(PathBuf);

impl StateDir {
    /// This folder, made if it is missing.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(path)
            .with_context(|| format!("cannot make the folder {} (dev.state_dir)", path.display()))?;
        Ok(Self(path.to_owned()))
    }

    /// This folder if it is there: for commands that only look.
    pub fn find(path: &Path) -> Option<Self> {
        path.is_dir().then(|| Self(path.to_owned()))
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Fills in what a configuration would say: key ring and admin token, each made at the first run and kept.
    ///
    /// # Errors
    /// When a file cannot be read or made.
    pub fn fill_in(&self, settings: &mut Settings) -> anyhow::Result<()> {
        if settings.keys.ring_file.is_none() {
            settings.keys.ring_file = Some(self.key_ring()?);
        }
        if settings.admin_plane.token.is_none() {
            settings.admin_plane.token = Some(self.kept("admin-token", || {
                AdminToken::generate().map(|token| token.expose().to_owned().into())
            })?);
        }
        Ok(())
    }

    /// The admin token, if a service has made one here.
    ///
    /// # Errors
    /// When its file cannot be read, or is empty.
    pub fn admin_token(&self) -> anyhow::Result<Option<SecretString>> {
        self.existing("admin-token")
    }

    /// The password in this file, readable by its owner alone; made at the first call.
    pub(super) fn password(&self, name: &str) -> anyhow::Result<SecretString> {
        self.kept(name, random_secret)
    }

    fn kept<E>(
        &self,
        name: &str,
        make: impl FnOnce() -> Result<SecretString, E>,
    ) -> anyhow::Result<SecretString>
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        if let Some(secret) = self.existing(name)? {
            return Ok(secret);
        }
        let path = self.join(name);
        let secret = make().context("no random bytes")?;
        write_private(&path, secret.expose_secret())
            .with_context(|| format!("cannot make {}", path.display()))?;
        Ok(secret)
    }

    fn existing(&self, name: &str) -> anyhow::Result<Option<SecretString>> {
        let path = self.join(name);
        match fs::read_to_string(&path) {
            Ok(text) if text.trim_end().is_empty() => bail!("{} is empty; delete it", path.display()),
            Ok(text) => Ok(Some(text.trim_end().to_owned().into())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn key_ring(&self) -> anyhow::Result<PathBuf> {
        let path = self.join("key-ring.json");
        if !path.exists() {
            let ring = KeyRing::generate(KekId::random().context("no random bytes")?, None)
                .context("no random bytes")?;
            ring.save_new(&path)
                .with_context(|| format!("cannot make {}", path.display()))?;
        }
        Ok(path)
    }
}

/// Writes a new file that only its owner may read: whole, or not at all.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let partial = path.with_extension("new");
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&partial)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    fs::rename(&partial, path)
}
