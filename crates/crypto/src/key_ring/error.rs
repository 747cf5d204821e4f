//! Errors of reading and writing a key ring.

use std::{io, path::PathBuf};

use crate::KekId;

/// A key ring file that cannot be used or made. No variant carries anything of the file's content but ids.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingError {
    /// The operating system refused.
    #[error("cannot {action} key ring {}", path.display())]
    Io {
        /// `read` or `create`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },

    /// The path exists already. A key ring is never overwritten, because every DEK that its keys have
    /// wrapped would be lost.
    #[error("key ring {} exists already and is never overwritten", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },

    /// The file's mode gives more than the owner and a reading group access to the keys.
    #[error(
        "key ring {} has mode {mode:04o}: only its owner may write it, and others may not read it; \
         make it 0600 (0400, or 0440 where a group must read it)", path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },

    /// The file, or a link that leads to it, belongs to neither this user nor root.
    #[error("key ring: {} belongs to user id {owner}, and neither to user id {us}, which runs this, nor to root", path.display())]
    OwnedByAnother {
        /// The file or link.
        path: PathBuf,
        /// The user that it belongs to.
        owner: u32,
        /// The effective user of this process.
        us: u32,
    },

    /// The path leads to a directory, a pipe or a device.
    #[error("key ring {} is not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },

    /// The file is far larger than any key ring.
    #[error("key ring {} is larger than {limit} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The size limit in bytes.
        limit: usize,
    },

    /// The file is no key ring of a format that this build knows.
    #[error("key ring {} is not valid", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong in it.
        source: KeyRingFormatError,
    },
}

/// What is wrong with a key ring's content.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyRingFormatError {
    /// Not JSON.
    #[error("broken JSON at line {line}, column {column}")]
    Json {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },

    /// JSON, but not the fields of a key ring.
    #[error("a field is missing, unknown, double or of the wrong kind at line {line}, column {column}")]
    Field {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
    },

    /// Most likely written by a later release.
    #[error("format {0} is not supported")]
    UnsupportedFormat(u64),

    /// Two keys with one id.
    #[error("key id {0} occurs twice")]
    DuplicateId(KekId),

    /// The current key is not among the keys.
    #[error("current key {0} is not in the ring")]
    CurrentMissing(KekId),

    /// A key that is not in standard, padded Base64.
    #[error("key {0} is not standard Base64")]
    NotBase64(KekId),

    /// A key of the wrong length.
    #[error("key {id} has {length} bytes instead of 32")]
    KeyLength {
        /// The key.
        id: KekId,
        /// Its length in bytes.
        length: usize,
    },
}
