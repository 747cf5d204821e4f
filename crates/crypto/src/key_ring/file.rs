//! The key ring file: who may read it, and how it comes to be. These functions block; call them at start.

use std::{
    fs::{File, Metadata},
    io::{self, ErrorKind, Read, Write},
    path::Path,
};

use zeroize::Zeroizing;

use super::{KeyRing, KeyRingError};

/// Hundreds of keys.
const MAX_FILE: usize = 64 * 1024;

impl KeyRing {
    /// Reads a key ring file.
    ///
    /// On Unix it must be closed to others, and writable by its owner alone. A group may *read* it: that is
    /// how Kubernetes hands a mounted Secret to a process that is not root (owner root, the pod's `fsGroup`,
    /// mode 0440 with `defaultMode: 0400`), and such a mount cannot have a stricter mode.
    ///
    /// # Errors
    /// [`KeyRingError`]; the content never shows in it.
    pub fn load(path: &Path) -> Result<Self, KeyRingError> {
        let fail = |source| KeyRingError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(fail)?;
        // Of the opened file, not of the path: what is checked is what is read.
        let metadata = file.metadata().map_err(fail)?;
        if !metadata.is_file() {
            return Err(KeyRingError::NotAFile {
                path: path.to_owned(),
            });
        }
        check_mode(path, &metadata)?;
        let json = read(&file).map_err(fail)?;
        if json.len() > MAX_FILE {
            return Err(KeyRingError::TooLarge {
                path: path.to_owned(),
                limit: MAX_FILE,
            });
        }
        Self::from_json(&json).map_err(|source| KeyRingError::Invalid {
            path: path.to_owned(),
            source,
        })
    }

    /// Writes the ring to a new file of mode 0600. The file appears whole or not at all, and is on disk when
    /// this returns.
    ///
    /// # Errors
    /// [`KeyRingError::Exists`] when there is anything at `path`, [`KeyRingError::Io`].
    pub fn save_new(&self, path: &Path) -> Result<(), KeyRingError> {
        self.write_new(path).map_err(|source| match source.kind() {
            ErrorKind::AlreadyExists => KeyRingError::Exists {
                path: path.to_owned(),
            },
            _ => KeyRingError::Io {
                action: "create",
                path: path.to_owned(),
                source,
            },
        })
    }

    fn write_new(&self, path: &Path) -> io::Result<()> {
        let directory = match path.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let mut file = tempfile::Builder::new()
            .prefix(".key-ring-")
            .tempfile_in(directory)?;
        file.write_all(&self.to_json()?)?;
        file.as_file().sync_all()?;
        file.persist_noclobber(path)?;
        sync_directory(directory)
    }
}

fn read(file: &File) -> io::Result<Zeroizing<Vec<u8>>> {
    // Of its full size from the start: growing would leave copies of the keys behind.
    let mut content = Zeroizing::new(Vec::with_capacity(MAX_FILE + 1));
    file.take(MAX_FILE as u64 + 1).read_to_end(&mut content)?;
    Ok(content)
}

#[cfg(unix)]
fn check_mode(path: &Path, metadata: &Metadata) -> Result<(), KeyRingError> {
    use std::os::unix::fs::PermissionsExt;

    /// Group write, and everything for others.
    const FORBIDDEN: u32 = 0o027;

    let mode = metadata.permissions().mode() & 0o7777;
    if mode & FORBIDDEN == 0 {
        Ok(())
    } else {
        Err(KeyRingError::Exposed {
            path: path.to_owned(),
            mode,
        })
    }
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "same signature as on Unix")]
fn check_mode(_path: &Path, _metadata: &Metadata) -> Result<(), KeyRingError> {
    Ok(())
}

/// A new name in a directory is durable once the directory is.
#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

#[cfg(not(unix))]
#[expect(clippy::unnecessary_wraps, reason = "same signature as on Unix")]
fn sync_directory(_directory: &Path) -> io::Result<()> {
    Ok(())
}
