//! Small files with care for who may read them, and for who may have planted a link in their place.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::OFlags;
use tempfile::TempDir;

use crate::Error;
use crate::account::effective_uid;
use crate::error::IoContext;

/// Writes a file that only its owner may read, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    let directory = path.parent().unwrap_or(path);
    let mut file = tempfile::NamedTempFile::new_in(directory).doing("write in", directory)?;
    file.write_all(content).doing("write", path)?;
    file.as_file().sync_all().doing("write", path)?;
    hand_to_owner_of(directory, file.as_file()).doing("change the owner of", path)?;
    file.persist(path)
        .map_err(|error| error.error)
        .doing("write", path)?;
    Ok(())
}

/// Opens a file that only its owner may read, for reading and writing, and makes it if there is none.
/// A link in its place is refused: in another user's directory it could lead root anywhere.
pub(crate) fn open_private(path: &Path) -> Result<File, Error> {
    let no_link = OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_link)
        .open(path)
        .doing("open", path)?;
    hand_to_owner_of(path.parent().unwrap_or(path), &file).doing("change the owner of", path)?;
    Ok(file)
}

/// As root, what lies in somebody's directory becomes theirs, so that they can go on with it.
fn hand_to_owner_of(directory: &Path, file: &File) -> io::Result<()> {
    if effective_uid() != 0 {
        return Ok(());
    }
    let owner = fs::metadata(directory)?;
    fchown(file, Some(owner.uid()), Some(owner.gid()))
}

/// Makes one directory with exactly this mode, whatever the umask; one that exists is kept as it is.
/// Says whether it was made.
pub(crate) fn make_directory(path: &Path, mode: u32) -> Result<bool, Error> {
    match DirBuilder::new().mode(mode).create(path) {
        Ok(()) => {
            fs::set_permissions(path, Permissions::from_mode(mode)).doing("change the mode of", path)?;
            Ok(true)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error).doing("make", path),
    }
}

/// Makes a directory of our own, for us alone until given away, that is removed when dropped.
pub(crate) fn temporary(parent: &Path, prefix: &str) -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix(prefix)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
        .doing("make a directory in", parent)
}

/// Removes a file that may be missing.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).doing("remove", path),
        _ => Ok(()),
    }
}

/// Whether something is a file that may be run.
pub(crate) fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Removes what an earlier run was working on when it was killed: directories in `parent` whose name begins so.
/// What cannot be removed is in nobody's way.
pub(crate) fn sweep(parent: &Path, prefix: &str) -> Result<(), Error> {
    for entry in fs::read_dir(parent).doing("list", parent)?.flatten() {
        if entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(prefix))
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "a leftover cannot be removed");
        }
    }
    Ok(())
}

/// Fails when a path that exists belongs to somebody else and we are not root.
pub(crate) fn require_ours(path: &Path) -> Result<(), Error> {
    let us = effective_uid();
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return Ok(());
    };
    if us == 0 || metadata.uid() == us {
        return Ok(());
    }
    Err(Error::OwnedByAnother {
        path: path.to_owned(),
        owner: metadata.uid(),
        us,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::{make_directory, open_private, sweep, write_private};

    #[test]
    fn a_private_file_is_readable_by_its_owner_alone_and_replaced_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("password");
        write_private(&path, b"first and longer").unwrap();
        write_private(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_planted_link_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        let victim = directory.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, directory.path().join("lock")).unwrap();
        assert!(open_private(&directory.path().join("lock")).is_err());
        assert_eq!(fs::read_to_string(victim).unwrap(), "precious");
    }

    #[test]
    fn sweeping_takes_only_what_bears_the_prefix() {
        let directory = tempfile::tempdir().unwrap();
        assert!(make_directory(&directory.path().join("init-a1"), 0o700).unwrap());
        assert!(make_directory(&directory.path().join("data"), 0o700).unwrap());
        assert!(!make_directory(&directory.path().join("data"), 0o700).unwrap());
        sweep(directory.path(), "init-").unwrap();
        assert!(directory.path().join("data").exists());
        assert!(!directory.path().join("init-a1").exists());
    }
}
