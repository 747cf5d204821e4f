//! The directory that everything of one server lies below.
//!
//! | name | what it is |
//! |---|---|
//! | `data` | PostgreSQL's data directory, with a marker that says that this crate made it |
//! | `password` | the superuser's password |
//! | `postgres.log`, `postgres.log.previous` | the log of this start and of the one before |
//! | `lock` | held by the process that owns the server, whose id is in it |
//! | `binaries/<version>`, `download.lock` | downloaded programs |
//! | `init-*`, `unpacking-*`, `deleting-*`, `probe-*` | work in progress, or what was left of it by a crash |

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::account::{Account, effective_uid};
use crate::error::IoContext;
use crate::{Error, Options, files, place};

/// Stands in each data directory that this crate made; nothing without it is ever deleted.
const MARKER: &str = "local-postgres.marker";

/// The directory that everything of one server lies below, and the account that the server runs as.
#[derive(Debug)]
pub(crate) struct Home {
    /// Canonical: a link in its place has been followed.
    pub(crate) directory: PathBuf,
    pub(crate) account: Account,
}

impl Home {
    /// Opens the root directory; makes it, or its place elsewhere, when there is none.
    pub(crate) fn open(options: &Options) -> Result<Self, Error> {
        let root = &options.root;
        make_parents(root).map_err(|error| refused(root, error))?;
        if effective_uid() == 0 {
            place::settle(options)?;
        } else {
            make_own(root).map_err(|error| refused(root, error))?;
        }
        Self::existing(root)?.ok_or_else(|| Error::Foreign { path: root.clone() })
    }

    /// The root directory as it is; `None` when there is none.
    pub(crate) fn existing(root: &Path) -> Result<Option<Self>, Error> {
        let directory = match fs::canonicalize(root) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            found => found.doing("find", root)?,
        };
        if !directory.is_dir() {
            return Err(Error::Foreign { path: directory });
        }
        let data = data_in(&directory);
        for path in [&directory, &data] {
            files::require_ours(path)?;
        }
        let account = Account::choose(&[&data, &directory])?;
        Ok(Some(Self { directory, account }))
    }

    /// The data directory.
    pub(crate) fn data(&self) -> PathBuf {
        data_in(&self.directory)
    }

    /// The superuser's password.
    pub(crate) fn password(&self) -> PathBuf {
        self.directory.join("password")
    }

    /// The server's log.
    pub(crate) fn log(&self) -> PathBuf {
        self.directory.join("postgres.log")
    }

    /// What one process at a time holds.
    pub(crate) fn lock(&self) -> PathBuf {
        self.directory.join("lock")
    }

    /// The major version of the existing data; `None` when there is no data yet. Data of others is an error.
    pub(crate) fn major(&self) -> Result<Option<u32>, Error> {
        let data = self.data();
        if fs::symlink_metadata(&data).is_err() {
            return Ok(None);
        }
        require_marker(&data)?;
        let file = data.join("PG_VERSION");
        let text = fs::read_to_string(&file).doing("read", &file)?;
        text.trim()
            .parse()
            .map(Some)
            .map_err(|_| Error::Foreign { path: data })
    }
}

/// The data directory below a root directory.
pub(crate) fn data_in(directory: &Path) -> PathBuf {
    directory.join("data")
}

/// Marks a data directory as made by this crate.
pub(crate) fn mark(data: &Path) -> Result<(), Error> {
    let marker = data.join(MARKER);
    fs::write(
        &marker,
        "Made by local-postgres: development data, deleted on request.\n",
    )
    .doing("write", &marker)
}

/// Fails when a data directory was not made by this crate.
pub(crate) fn require_marker(data: &Path) -> Result<(), Error> {
    if data.join(MARKER).is_file() {
        Ok(())
    } else {
        Err(Error::Foreign {
            path: data.to_owned(),
        })
    }
}

fn make_parents(root: &Path) -> Result<(), Error> {
    match root.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => fs::create_dir_all(parent).doing("make", parent),
        _ => Ok(()),
    }
}

/// Says whose directory it is in which nothing could be made.
fn refused(root: &Path, error: Error) -> Error {
    let denied = matches!(&error, Error::Io { source, .. } if source.kind() == ErrorKind::PermissionDenied);
    let above = root.ancestors().skip(1).find(|above| above.is_dir());
    above
        .filter(|_| denied)
        .and_then(|above| files::require_ours(above).err())
        .unwrap_or(error)
}

fn make_own(root: &Path) -> Result<(), Error> {
    files::make_directory(root, 0o700)?;
    // A link whose target was cleaned away gets its target again.
    if let Ok(target) = fs::read_link(root)
        && !root.exists()
    {
        let target = root.parent().unwrap_or(root).join(target);
        make_parents(&target)?;
        files::make_directory(&target, 0o700)?;
    }
    Ok(())
}
