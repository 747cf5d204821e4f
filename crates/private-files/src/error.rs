//! Errors of files and folders that cannot be used or trusted.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::process::geteuid;

/// A file or folder cannot be used or trusted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused.
    #[error("cannot read {}", .path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another user may control the content.
    #[error("{} {why}", .path.display())]
    Untrusted {
        /// The file, the folder, or the link that leads to it.
        path: PathBuf,
        /// What is wrong with it.
        why: Distrust,
    },
    /// The file exceeds the size limit.
    #[error("{} is larger than {limit} bytes", .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The size limit in bytes.
        limit: usize,
    },
}

/// Reason for distrust of a file, folder or link; its message follows the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// It belongs to another user.
    #[error("belongs to user id {owner}: it must belong to user id {us}, which runs this, or to root")]
    Owner {
        /// The user that it belongs to.
        owner: u32,
        /// The effective user of this process.
        us: u32,
    },
    /// Its group or others can write it.
    #[error("has mode {mode:04o}, so that others than its owner can write it: run `chmod go-w` on it")]
    Writable {
        /// Its permission bits.
        mode: u32,
    },
    /// Others than its owner and group can read or run it.
    #[error(
        "has mode {mode:04o}, so that everyone can read it: run `chmod 600` on it (640 where a group must read it)"
    )]
    Readable {
        /// Its permission bits.
        mode: u32,
    },
}

/// Converts an error of the operating system at `path`.
pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

/// Requires that this user or root is the owner.
pub(crate) fn check_owner(path: &Path, metadata: &Metadata) -> Result<(), Error> {
    let (owner, us) = (metadata.uid(), geteuid().as_raw());
    if owner == us || owner == 0 {
        return Ok(());
    }
    Err(Error::Untrusted {
        path: path.to_owned(),
        why: Distrust::Owner { owner, us },
    })
}

/// Requires that only the owner can write and, unless `others_may_read`, that others cannot read or execute.
pub(crate) fn check_mode(path: &Path, metadata: &Metadata, others_may_read: bool) -> Result<(), Error> {
    let mode = metadata.mode() & 0o7777;
    let why = if mode & 0o022 != 0 {
        Distrust::Writable { mode }
    } else if mode & 0o007 != 0 && !others_may_read {
        Distrust::Readable { mode }
    } else {
        return Ok(());
    };
    Err(Error::Untrusted {
        path: path.to_owned(),
        why,
    })
}
