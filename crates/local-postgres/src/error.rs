//! Errors, with advice for the user.

use std::fmt::Display;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

/// Commands that install PostgreSQL.
const INSTALL: &str = if cfg!(target_os = "macos") {
    "install PostgreSQL 14 or newer: `brew install postgresql@18`, or Postgres.app"
} else {
    "install PostgreSQL 14 or newer: `apt install postgresql` (Debian, Ubuntu), \
     `dnf install postgresql-server` (Fedora), `apk add postgresql` (Alpine) or `pacman -S postgresql` (Arch)"
};

/// Installs the major version that follows.
const INSTALL_MAJOR: &str = if cfg!(target_os = "macos") {
    "brew install postgresql@"
} else {
    "apt install postgresql-"
};

/// Why a server could not be started, found or stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message explains each field")]
pub enum Error {
    /// No installed PostgreSQL is new enough.
    #[error("no PostgreSQL 14 or newer is installed (older ones: {}); {INSTALL}", list(.too_old))]
    NotInstalled { too_old: Vec<u32> },

    /// No installed PostgreSQL is new enough, and the download failed.
    #[cfg(feature = "download")]
    #[error("no PostgreSQL 14 or newer is installed, and the download failed: {0}; {INSTALL}")]
    NotDownloaded(crate::DownloadError),

    /// The major version of the existing data is not installed.
    #[error(
        "the data in {} is of PostgreSQL {needed}, which is not installed (installed: {}); \
         install PostgreSQL {needed} (`{INSTALL_MAJOR}{needed}`), or delete the data",
        .data_directory.display(), list(.found)
    )]
    MajorNotInstalled {
        data_directory: PathBuf,
        needed: u32,
        found: Vec<u32>,
    },

    /// Another process owns the server.
    #[error("{} is in use by {}; stop that process first", .directory.display(), owner(*.pid))]
    InUse { directory: PathBuf, pid: Option<u32> },

    /// Another process owns the server, and the server is not ready.
    #[error(
        "the PostgreSQL in {} does not run, and {} owns it: if that process is not just starting it, PostgreSQL has \
         ended; then stop that process and start it again (PostgreSQL's log: {})",
        .directory.display(), owner(*.pid), .log.display()
    )]
    NotRunning {
        directory: PathBuf,
        pid: Option<u32>,
        log: PathBuf,
    },

    /// The path holds something that this crate did not create.
    #[error("{} was not created by this program; move it away", .path.display())]
    NotOurs { path: PathBuf },

    /// An earlier run as another user, most likely root, created the path.
    #[error(
        "{} belongs to user id {owner}, and this is user id {us}: \
         if an earlier run as that user made it, run as that user again or remove it",
        .path.display()
    )]
    WrongOwner { path: PathBuf, owner: u32, us: u32 },

    /// Root has no account to run PostgreSQL as.
    #[error(
        "PostgreSQL refuses to run as root, and there is neither a user `postgres` nor `nobody`: add one"
    )]
    NoAccount,

    /// The server's account has no access to an existing directory.
    #[error(
        "PostgreSQL runs as user `{account}`, which cannot work in {}: \
         let it pass (`chmod a+x` on the directories above) or remove the directory",
        .path.display()
    )]
    Unreachable { path: PathBuf, account: String },

    /// `initdb` failed, or timed out (`status` is `None`). Its files were removed.
    #[error("initdb {}:\n{output}", outcome(*.status))]
    Initdb {
        status: Option<ExitStatus>,
        output: String,
    },

    /// The server ended before it was ready.
    #[error("PostgreSQL failed to start ({status}); the last lines of {}:\n{tail}", .log.display())]
    StartFailed {
        status: ExitStatus,
        log: PathBuf,
        tail: String,
    },

    /// The server was not ready in time, and was stopped.
    #[error("PostgreSQL was not ready after {timeout:?}; the last lines of {}:\n{tail}", .log.display())]
    StartTimeout {
        timeout: Duration,
        log: PathBuf,
        tail: String,
    },

    /// It is not certain that the process named by `postmaster.pid` is the server. The process was not touched.
    #[error(
        "process {pid} may be the PostgreSQL server of {}, but {reason}; it was not touched: \
         if it is yours, stop it with `kill -INT {pid}`",
        .data_directory.display()
    )]
    Unverified {
        pid: u32,
        data_directory: PathBuf,
        reason: String,
    },

    /// The server survived an immediate shutdown.
    #[error("PostgreSQL (process {pid}) does not stop")]
    StopTimeout { pid: u32 },

    /// The password of the existing data is lost.
    #[error("the password file {} of existing data is missing or empty; delete the data", .path.display())]
    PasswordMissing { path: PathBuf },

    /// The operating system refused something.
    #[error("cannot {action}: {cause}")]
    Io { action: String, cause: io::Error },
}

fn list(majors: &[u32]) -> String {
    match majors {
        [] => "none".to_owned(),
        majors => majors.iter().map(u32::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}"))
}

fn outcome(status: Option<ExitStatus>) -> String {
    status.map_or_else(|| "timed out".to_owned(), |status| format!("failed ({status})"))
}

// Not by `#[from]`, which makes it a source: the message contains it already.
#[cfg(feature = "download")]
impl From<crate::DownloadError> for Error {
    fn from(error: crate::DownloadError) -> Self {
        Self::NotDownloaded(error)
    }
}

/// Adds what was attempted to an error of the operating system.
pub(crate) trait IoContext<T> {
    /// `action` completes "cannot …".
    fn context(self, action: impl Display) -> Result<T, Error>;

    /// An action on a file, such as "read".
    fn on(self, action: &str, path: &Path) -> Result<T, Error>;
}

impl<T, E: Into<io::Error>> IoContext<T> for Result<T, E> {
    fn context(self, action: impl Display) -> Result<T, Error> {
        self.map_err(|cause| Error::Io {
            action: action.to_string(),
            cause: cause.into(),
        })
    }

    fn on(self, action: &str, path: &Path) -> Result<T, Error> {
        self.map_err(|cause| Error::Io {
            action: format!("{action} {}", path.display()),
            cause: cause.into(),
        })
    }
}
