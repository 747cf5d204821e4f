//! Writing what only this user may read.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{NamedTempFile, PersistError};

/// Writes a new file of mode 0600. It appears whole or not at all, and is on disk when this returns. Whatever is at
/// the path already stays, a link too, which is not followed.
///
/// # Errors
/// [`io::ErrorKind::AlreadyExists`] when there is anything at the path.
pub fn create_new(path: &Path, content: &[u8]) -> io::Result<()> {
    persist(path, content, NamedTempFile::persist_noclobber).map(drop)
}

/// Writes a file of mode 0600 in place of the one that is there. A link at the path is replaced and not followed.
/// The file that was written is returned open, so that it can be locked.
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
    // Made by O_CREAT and O_EXCL, under a name that nobody can guess.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    let file = put(file, path).map_err(|error| error.error)?;
    // A new name in a folder is durable once the folder is.
    File::open(folder)?.sync_all()?;
    Ok(file)
}
