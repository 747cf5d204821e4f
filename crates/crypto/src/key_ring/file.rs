//! The key ring file: who may read it, and how it comes to be. These functions block; call them at start.

use std::{
    io::{self, ErrorKind},
    path::Path,
};

use private_files::{Distrust, Error, Readers};

use super::{KeyRing, KeyRingError};

/// Hundreds of keys.
const MAX_FILE: usize = 64 * 1024;

impl KeyRing {
    /// Reads a key ring file.
    ///
    /// It must belong to this user or to root, be closed to others, and writable by its owner alone; links on the way to
    /// it must belong to one of the two as well. A group may *read* it: that is how Kubernetes hands a mounted Secret to
    /// a process that is not root (owner root, the pod's `fsGroup`, mode 0440 with `defaultMode: 0400`), and such a
    /// mount cannot have a stricter mode.
    ///
    /// # Errors
    /// [`KeyRingError`]; the content never shows in it.
    pub fn load(path: &Path) -> Result<Self, KeyRingError> {
        // A device or a pipe is no place to keep keys.
        if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
            return Err(KeyRingError::NotAFile {
                path: path.to_owned(),
            });
        }
        let json = private_files::read(path, Readers::Group, MAX_FILE).map_err(not_read)?;
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
        private_files::create_new(path, &self.to_json()?)
    }
}

fn not_read(error: Error) -> KeyRingError {
    match error {
        Error::Untrusted { path, why } => match why {
            Distrust::Writable { mode } | Distrust::Readable { mode } => KeyRingError::Exposed { path, mode },
            Distrust::Owner { owner, us } => KeyRingError::OwnedByAnother { path, owner, us },
        },
        Error::TooLarge { path, limit } => KeyRingError::TooLarge { path, limit },
        Error::Io { path, source } => KeyRingError::Io {
            action: "read",
            path,
            source,
        },
    }
}
