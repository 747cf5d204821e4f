//! Reading what this user or root wrote.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::Error;
use crate::error::{check_mode, check_owner, io};
use crate::links::check_links;

/// Who may read a file. Nobody but its owner may write it, whichever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner and its group: Kubernetes hands a mounted Secret to a process that is not root by the pod's
    /// `fsGroup`.
    Group,
    /// Every user of the machine: the default mode of a mounted Secret is 0644.
    Anyone,
}

/// Opens a file for reading.
///
/// # Errors
/// When it cannot be opened, or another user could have decided what is in it.
pub fn open(path: &Path, readers: Readers) -> Result<File, Error> {
    check_links(path)?;
    let file = File::open(path).map_err(io(path))?;
    // Of the opened file, not of the path: what is checked is what is read.
    let metadata = file.metadata().map_err(io(path))?;
    check_owner(path, &metadata)?;
    // A terminal or /dev/null is not written to be read here.
    if metadata.is_file() || metadata.file_type().is_fifo() {
        check_mode(path, &metadata, readers == Readers::Anyone)?;
    }
    Ok(file)
}

/// Reads a file of at most `limit` bytes. The content is wiped when it is dropped.
///
/// # Errors
/// As [`open`], and when it is longer.
pub fn read(path: &Path, readers: Readers, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let file = open(path, readers)?;
    // Of its full size from the start: growing would leave copies of a secret behind.
    let mut content = Zeroizing::new(Vec::with_capacity(limit + 1));
    file.take(limit as u64 + 1)
        .read_to_end(&mut content)
        .map_err(io(path))?;
    if content.len() > limit {
        return Err(Error::TooLarge {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(content)
}

/// Checks a folder: it belongs to this user or to root, and nobody else can write it.
///
/// # Errors
/// When another user could have put something into it, or it is none.
pub fn folder(path: &Path) -> Result<(), Error> {
    check_links(path)?;
    let metadata = fs::metadata(path).map_err(io(path))?;
    if !metadata.is_dir() {
        return Err(io(path)(std::io::ErrorKind::NotADirectory.into()));
    }
    check_owner(path, &metadata)?;
    check_mode(path, &metadata, true)
}
