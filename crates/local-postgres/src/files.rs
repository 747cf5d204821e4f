//! Files and directories with exact modes and owners.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::Path;

use rustix::fs::OFlags;
use rustix::process::geteuid;
use tempfile::TempDir;

use crate::Error;
use crate::account::is_root;
use crate::error::IoContext;

/// Writes a file of mode 0600 atomically.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), Error> {
    let mut file = tempfile::NamedTempFile::new_in(parent(path)).on("write", path)?;
    file.write_all(content).on("write", path)?;
    file.as_file().sync_all().on("write", path)?;
    inherit_owner(path, file.as_file())?;
    file.persist(path).on("write", path)?;
    Ok(())
}

/// Opens a file of mode 0600 for reading and writing, and creates it if necessary. Refuses a symbolic link: another
/// user's could lead root anywhere.
pub(crate) fn open_private(path: &Path) -> Result<File, Error> {
    let no_follow = OFlags::NOFOLLOW.bits().cast_signed();
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(no_follow)
        .open(path)
        .on("open", path)?;
    inherit_owner(path, &file)?;
    Ok(file)
}

/// A file that root creates in a user's directory becomes that user's.
fn inherit_owner(path: &Path, file: &File) -> Result<(), Error> {
    if !is_root() {
        return Ok(());
    }
    fs::metadata(parent(path))
        .and_then(|owner| fchown(file, Some(owner.uid()), Some(owner.gid())))
        .on("change the owner of", path)
}

/// The directory of a path; of a bare name the working directory.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes a directory and its missing parents, with exactly this mode whatever the umask. Existing ones keep theirs.
pub(crate) fn make_directories(path: &Path, mode: u32) -> Result<(), Error> {
    if !parent(path).exists() {
        make_directories(parent(path), mode)?;
    }
    match DirBuilder::new().mode(mode).create(path) {
        Ok(()) => fs::set_permissions(path, Permissions::from_mode(mode)).on("change the mode of", path),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error).on("make", path),
    }
}

/// Makes a directory of mode 0700 that is removed when dropped.
pub(crate) fn temporary(parent: &Path, prefix: &str) -> Result<TempDir, Error> {
    tempfile::Builder::new()
        .prefix(prefix)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(parent)
        .on("make a directory in", parent)
}

/// Removes a file, if it exists.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error).on("remove", path),
        _ => Ok(()),
    }
}

/// Whether a path is an executable file.
pub(crate) fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// Removes the working directories that killed runs left in `parent`, by the prefix of their names. Those that
/// cannot be removed do no harm.
pub(crate) fn sweep(parent: &Path, prefix: &str) -> Result<(), Error> {
    for entry in fs::read_dir(parent).on("list", parent)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(prefix)
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::warn!(path = %entry.path().display(), %error, "cannot remove a leftover directory");
        }
    }
    Ok(())
}

/// Fails if a path exists and belongs to another user, unless this process is root's.
pub(crate) fn require_ours(path: &Path) -> Result<(), Error> {
    let us = geteuid().as_raw();
    match fs::symlink_metadata(path) {
        Ok(found) if us != 0 && found.uid() != us => Err(Error::WrongOwner {
            path: path.to_owned(),
            owner: found.uid(),
            us,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::{make_directories, open_private, sweep, write_private};

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
    fn a_symbolic_link_is_not_opened() {
        let directory = tempfile::tempdir().unwrap();
        let victim = directory.path().join("victim");
        fs::write(&victim, "precious").unwrap();
        symlink(&victim, directory.path().join("lock")).unwrap();
        assert!(open_private(&directory.path().join("lock")).is_err());
        assert_eq!(fs::read_to_string(victim).unwrap(), "precious");
    }

    #[test]
    fn directories_have_the_given_mode_and_existing_ones_keep_theirs() {
        let directory = tempfile::tempdir().unwrap();
        let mode = |name: &str| {
            fs::metadata(directory.path().join(name))
                .unwrap()
                .permissions()
                .mode()
                & 0o777
        };
        make_directories(&directory.path().join("new/below"), 0o711).unwrap();
        assert_eq!((mode("new"), mode("new/below")), (0o711, 0o711));
        make_directories(&directory.path().join("new"), 0o700).unwrap();
        assert_eq!(mode("new"), 0o711);
    }

    #[test]
    fn only_directories_with_the_prefix_are_swept() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["init-a1", "data"] {
            make_directories(&directory.path().join(name), 0o700).unwrap();
        }
        sweep(directory.path(), "init-").unwrap();
        assert!(directory.path().join("data").exists());
        assert!(!directory.path().join("init-a1").exists());
    }
}
