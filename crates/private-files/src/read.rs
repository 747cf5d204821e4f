//! Reading of files that only this user or root can write.

use std::fs::{self, File};
use std::io::Read as _;
use std::os::unix::fs::FileTypeExt as _;
use std::path::Path;

use zeroize::Zeroizing;

use crate::Error;
use crate::error::{check_mode, check_owner, io};
use crate::links::check_links;

/// Permitted readers of a file. In either case only its owner may write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Its owner and its group: Kubernetes makes a mounted Secret readable for a non-root process through the pod's
    /// `fsGroup`.
    Group,
    /// Every user of the machine: the default mode of a mounted Secret is 0644.
    Anyone,
}

/// Opens a file for reading.
///
/// # Errors
/// When it cannot be opened, or another user may control its content.
pub fn open(path: &Path, readers: Readers) -> Result<File, Error> {
    check_links(path)?;
    let file = File::open(path).map_err(io(path))?;
    // Of the opened file, not of the path, so that the file checked is the file read.
    let metadata = file.metadata().map_err(io(path))?;
    check_owner(path, &metadata)?;
    // The mode matters only for stored content, not for a terminal or /dev/null.
    if metadata.is_file() || metadata.file_type().is_fifo() {
        check_mode(path, &metadata, readers == Readers::Anyone)?;
    }
    Ok(file)
}

/// Reads a file of at most `limit` bytes. The content is zeroed on drop.
///
/// # Errors
/// As [`open`], and when the file is larger.
pub fn read(path: &Path, readers: Readers, limit: usize) -> Result<Zeroizing<Vec<u8>>, Error> {
    let file = open(path, readers)?;
    // Allocated in full size: growing would leave copies of a secret behind.
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

/// Checks that a folder belongs to this user or to root, and that only its owner can write it.
///
/// # Errors
/// When another user can write it, or the path is not a folder.
pub fn folder(path: &Path) -> Result<(), Error> {
    check_links(path)?;
    let metadata = fs::metadata(path).map_err(io(path))?;
    if !metadata.is_dir() {
        return Err(io(path)(std::io::ErrorKind::NotADirectory.into()));
    }
    check_owner(path, &metadata)?;
    check_mode(path, &metadata, true)
}
