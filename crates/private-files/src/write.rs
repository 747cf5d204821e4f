//! Atomic writes of files that only this user can read.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{NamedTempFile, PersistError};

/// Creates a file of mode 0600, atomically and durably. Never replaces an existing file or link, and follows no link.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when the path exists, also as a dangling link.
pub fn create_new(path: &Path, content: &[u8]) -> io::Result<()> {
    persist(path, content, NamedTempFile::persist_noclobber).map(drop)
}

/// Writes a file of mode 0600, replacing any existing one. A link at the path is replaced, not followed. Returns the
/// open file, so that it can be locked.
///
/// # Errors
/// When it cannot be written.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<File> {
    persist(path, content, NamedTempFile::persist)
}

fn persist<'a>(
    path: &'a Path,
    content: &[u8],
    put: impl FnOnce(NamedTempFile, &'a Path) -> Result<File, PersistError>,
) -> io::Result<File> {
    let folder = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    // Created with O_CREAT and O_EXCL, under an unpredictable name.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    let file = put(file, path).map_err(|error| error.error)?;
    // The new name is durable once the folder is synced.
    File::open(folder)?.sync_all()?;
    Ok(file)
}
