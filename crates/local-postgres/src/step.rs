//! Progress of a start.

use std::path::PathBuf;

use crate::Version;

/// A step of [`LocalPostgres::start`](crate::LocalPostgres::start) or
/// [`EphemeralPostgres::start`](crate::EphemeralPostgres::start).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields say what they are")]
pub enum Step {
    /// Installed server programs are searched.
    Finding,
    /// These programs will be used.
    Found { version: Version, bin_dir: PathBuf },
    /// No programs are installed, so they are downloaded. Reported for every chunk, in bytes; `total` is `None` when
    /// the source does not tell it.
    Downloading {
        version: String,
        received: u64,
        total: Option<u64>,
    },
    /// The download is complete and its checksum is right.
    Unpacking,
    /// `initdb` makes this data directory.
    Initialising { data_directory: PathBuf },
    /// The server was started and is not ready yet.
    Starting { port: u16 },
    /// A server that outlived its owner was adopted.
    Adopted { pid: u32, port: u16 },
    /// The server accepts connections.
    Ready { port: u16 },
}
