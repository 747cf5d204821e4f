//! State folder of the dev profile.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use config::Settings;
use control_plane::AdminToken;
use crypto::{KekId, KeyRing};
use private_files::Readers;
use schema::random_secret;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

/// Search permission for others: the account that runs root's PostgreSQL has its data below this folder.
const PASSABLE: u32 = 0o711;

/// Size limit for files in the folder, in bytes.
const LARGEST_FILE: usize = 64 * 1024;

/// The state folder: `dev.state_dir`, by default `.tenantry`. It must belong to this user or to root, and no one else
/// may write it: its files decide which service gets a token, and which token a service accepts.
#[derive(Debug, Clone)]
pub struct StateDir(PathBuf);

impl StateDir {
    /// The default path.
    pub const DEFAULT: &str = ".tenantry";

    /// Opens this folder; creates it if it does not exist.
    ///
    /// # Errors
    /// When it cannot be created, or another user can write it.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        make_folder(path)
            .with_context(|| format!("cannot make the folder {} (dev.state_dir)", path.display()))?;
        Self::trusted(path)
    }

    /// Opens this folder if it exists, for read-only commands.
    ///
    /// # Errors
    /// When another user can write it.
    pub fn find(path: &Path) -> anyhow::Result<Option<Self>> {
        path.is_dir().then(|| Self::trusted(path)).transpose()
    }

    fn trusted(path: &Path) -> anyhow::Result<Self> {
        private_files::folder(path).context(
            "nothing in the state folder is used (dev.state_dir), since it may be another user's: remove it, or choose \
             another one",
        )?;
        Ok(Self(path.to_owned()))
    }

    /// A path in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Sets key ring and admin token where they are not configured. Both are generated at the first run.
    ///
    /// # Errors
    /// When a file cannot be read or created.
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

    /// The admin token, if a service has generated one here.
    ///
    /// # Errors
    /// When its file cannot be read, is empty, or can be read by every user.
    pub fn admin_token(&self) -> anyhow::Result<Option<SecretString>> {
        self.existing("admin-token")
    }

    /// The secret in this file, if it exists.
    pub(super) fn secret(&self, name: &str) -> anyhow::Result<Option<SecretString>> {
        self.existing(name)
    }

    /// Writes a secret in place of the one in this file, if any. Returns the file's path.
    pub(super) fn replace_secret(&self, name: &str, secret: &str) -> anyhow::Result<PathBuf> {
        let path = self.join(name);
        let text = Zeroizing::new(format!("{secret}\n"));
        private_files::replace(&path, text.as_bytes())
            .with_context(|| format!("cannot write {}", path.display()))?;
        Ok(path)
    }

    /// The password in this file, generated at the first call.
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
        let secret = make().context("the operating system gave no random bytes")?;
        let text = Zeroizing::new(format!("{}\n", secret.expose_secret()));
        match private_files::create_new(&path, text.as_bytes()) {
            Ok(()) => Ok(secret),
            // Another process was faster, unless the path is a dangling link.
            Err(error) => self.existing(name)?.ok_or(error),
        }
        .with_context(|| format!("cannot make {}", path.display()))
    }

    fn existing(&self, name: &str) -> anyhow::Result<Option<SecretString>> {
        let Some(text) = self.read(name, Readers::Group)? else {
            return Ok(None);
        };
        let path = self.join(name);
        let text = std::str::from_utf8(&text).with_context(|| format!("cannot read {}", path.display()))?;
        if text.trim_end().is_empty() {
            bail!("{} is empty; delete it", path.display());
        }
        Ok(Some(text.trim_end().to_owned().into()))
    }

    /// Content of a file in the folder, if it exists.
    pub(super) fn read(&self, name: &str, readers: Readers) -> anyhow::Result<Option<Zeroizing<Vec<u8>>>> {
        match private_files::read(&self.join(name), readers, LARGEST_FILE) {
            Ok(content) => Ok(Some(content)),
            Err(private_files::Error::Io { source, .. }) if source.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn key_ring(&self) -> anyhow::Result<PathBuf> {
        let path = self.join("key-ring.json");
        if !path.exists() {
            let ring = KeyRing::generate(
                KekId::random().context("the operating system gave no random bytes")?,
                None,
            )
            .context("the operating system gave no random bytes")?;
            ring.save_new(&path)
                .with_context(|| format!("cannot make {}", path.display()))?;
        }
        Ok(path)
    }
}

fn make_folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match DirBuilder::new().mode(PASSABLE).create(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use config::{Inputs, Purpose, load};

    use super::*;

    #[test]
    fn the_default_is_what_the_configuration_says() {
        let loaded = load(&Inputs::default(), Purpose::Serve).unwrap();
        assert_eq!(
            loaded.settings.dev.unwrap().state_dir,
            Path::new(StateDir::DEFAULT)
        );
    }
}
