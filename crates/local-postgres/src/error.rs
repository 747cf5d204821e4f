//! What can go wrong.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use crate::hint::{self, INSTALL};
use crate::lock;

/// Why a server could not be started, found or stopped. The text says what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No server programs that are new enough.
    #[error("no PostgreSQL 14 or newer was found{}; {INSTALL}", besides(.too_old))]
    NotInstalled {
        /// Majors that were found and are too old, ascending.
        too_old: Vec<u32>,
    },

    /// No server programs that are new enough, and none could be downloaded.
    #[cfg(feature = "download")]
    #[error("no PostgreSQL 14 or newer was found, and it could not be downloaded: {0}; {INSTALL}")]
    NotDownloaded(crate::DownloadError),

    /// The data directory belongs to a major version that is not installed.
    #[error(
        "the data in {} was made by PostgreSQL {needed}, which is not installed (found: {}); {}, or discard the data",
        .data_directory.display(), majors(.found), hint::install_major(*.needed)
    )]
    MajorNotInstalled {
        /// The existing data directory.
        data_directory: PathBuf,
        /// What its `PG_VERSION` says.
        needed: u32,
        /// Majors that are installed, ascending.
        found: Vec<u32>,
    },

    /// Another live process owns the server.
    #[error("{} is in use by {}; stop that one first", .root.display(), lock::holder(*.pid))]
    Locked {
        /// The directory that is in use.
        root: PathBuf,
        /// The process that holds it, when it could be told.
        pid: Option<u32>,
    },

    /// Another live process owns the server, and no server runs.
    #[error(
        "the PostgreSQL in {} does not run, and {} owns it: if that one is not just starting it, PostgreSQL has ended; \
         then stop that process and start it again (PostgreSQL's log: {})",
        .root.display(), lock::holder(*.pid), .log.display()
    )]
    OwnerWithoutServer {
        /// The directory that is in use.
        root: PathBuf,
        /// The process that owns it, when it could be told.
        pid: Option<u32>,
        /// The server's log.
        log: PathBuf,
    },

    /// Something is in the way that this crate did not make.
    #[error("{} exists and was not made by this program; move it away", .path.display())]
    Foreign {
        /// What is in the way.
        path: PathBuf,
    },

    /// What an earlier run as another user (root, most likely) left.
    #[error(
        "{} belongs to user id {owner}, and this is user id {us}: \
         if an earlier run as that user made it, run as that user again or remove it",
        .path.display()
    )]
    OwnedByAnother {
        /// The directory or file.
        path: PathBuf,
        /// Whom it belongs to.
        owner: u32,
        /// Who we are.
        us: u32,
    },

    /// Root may not run PostgreSQL, and there is no account to run it as.
    #[error("PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody`: add one")]
    NoAccount,

    /// The account that the server runs as cannot get into an existing directory.
    #[error(
        "PostgreSQL runs as user `{account}`, which cannot work in {}: \
         let it pass (`chmod a+x` on the directories above) or remove the directory",
        .path.display()
    )]
    Unreachable {
        /// The directory, which is kept as it is.
        path: PathBuf,
        /// The account's name.
        account: String,
    },

    /// `initdb` failed or took too long. Nothing of it is left.
    #[error("initdb {}:\n{output}", outcome(*.status))]
    Initdb {
        /// How it ended; `None` when it was ended for taking too long.
        status: Option<ExitStatus>,
        /// The last lines that it wrote.
        output: String,
    },

    /// The server ended before it was ready.
    #[error("PostgreSQL ended while starting ({status}); the last lines of {}:\n{tail}", .log.display())]
    StartFailed {
        /// How it ended.
        status: ExitStatus,
        /// The server's log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },

    /// The server was not ready in time.
    #[error("PostgreSQL was not ready after {timeout:?}; the last lines of {}:\n{tail}", .log.display())]
    StartTimeout {
        /// How long it was given.
        timeout: Duration,
        /// The server's log.
        log: PathBuf,
        /// The log's last lines.
        tail: String,
    },

    /// A process that may or may not be our server. It is left alone.
    #[error(
        "process {pid} seems to serve {}, but {reason}; it is left alone: \
         if it is a server of yours, stop it with `kill -INT {pid}`",
        .data_directory.display()
    )]
    Unverified {
        /// The process that `postmaster.pid` names.
        pid: u32,
        /// The data directory.
        data_directory: PathBuf,
        /// What does not agree.
        reason: String,
    },

    /// The server did not stop, not even by an immediate shutdown.
    #[error("PostgreSQL (process {pid}) does not stop")]
    StopTimeout {
        /// The postmaster.
        pid: u32,
    },

    /// The password of an existing data directory is gone.
    #[error("the password file {} of existing data is missing or empty; discard the data", .path.display())]
    PasswordMissing {
        /// Where it should be.
        path: PathBuf,
    },

    /// The system's source of randomness failed.
    #[error("no random bytes for a password: {0}")]
    Random(getrandom::Error),

    /// The operating system refused something.
    #[error("cannot {action} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// With which file or directory.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

fn besides(found: &[u32]) -> String {
    if found.is_empty() {
        String::new()
    } else {
        format!(" (too old: {})", majors(found))
    }
}

fn majors(found: &[u32]) -> String {
    if found.is_empty() {
        return "none".to_owned();
    }
    found.iter().map(u32::to_string).collect::<Vec<_>>().join(", ")
}

fn outcome(status: Option<ExitStatus>) -> String {
    status.map_or_else(
        || "took too long".to_owned(),
        |status| format!("failed ({status})"),
    )
}

/// Not by `#[from]`: the text has the cause in its middle, so that it is no source to be told again after it.
#[cfg(feature = "download")]
impl From<crate::DownloadError> for Error {
    fn from(error: crate::DownloadError) -> Self {
        Self::NotDownloaded(error)
    }
}

/// Says what was tried when the operating system refuses.
pub(crate) trait IoContext<T> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> IoContext<T> for io::Result<T> {
    fn doing(self, action: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::Io {
            action,
            path: path.to_owned(),
            source,
        })
    }
}
