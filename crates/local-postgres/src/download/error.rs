//! Errors of a download.

use std::io;

use crate::Version;

/// Why server programs could not be downloaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the message explains each field")]
pub enum DownloadError {
    /// The connection failed or broke off.
    #[error("{url} cannot be reached ({cause}); is there a network?")]
    Unreachable {
        url: String,
        cause: Box<dyn std::error::Error + Send + Sync>,
    },

    /// The source has no such file: HTTP status 404.
    #[error("{url} does not exist: PostgreSQL is not built in that version for this system")]
    NoBuild { url: String },

    /// Any other HTTP error status.
    #[error("{url} answered with HTTP status {status}")]
    Refused { url: String, status: u16 },

    /// The file is too large to be what is expected.
    #[error("{url} is larger than {limit} bytes")]
    TooLarge { url: String, limit: u64 },

    /// The checksum's file contains none.
    #[error("{url} contains no SHA-256 checksum")]
    NoChecksum { url: String },

    /// The archive is not the published one. It was discarded.
    #[error("the SHA-256 of {url} is {actual} instead of {expected}; the archive was discarded")]
    WrongChecksum {
        url: String,
        expected: String,
        actual: String,
    },

    /// The archive is damaged, or there is no space.
    #[error("cannot unpack the archive: {0}")]
    Unpack(io::Error),

    /// The programs in the archive are of another version.
    #[error("the archive of version {expected} contains PostgreSQL {found}")]
    WrongVersion { expected: String, found: Version },

    /// The programs in the archive do not run, most likely because a library is missing.
    #[error("the downloaded programs do not run on this system: {0}")]
    Unusable(io::Error),
}
