//! The directory of one server.
//!
//! | name | content |
//! |---|---|
//! | `data` | PostgreSQL's data directory, with a marker file |
//! | `password` | the superuser's password |
//! | `postgres.log`, `postgres.log.previous` | the logs of this start and of the previous one |
//! | `lock` | locked by the owning process, whose id it contains |
//! | `binaries/<version>`, `download.lock` | downloaded programs |
//! | `init-*`, `unpacking-*`, `deleting-*`, `probe-*` | work in progress, or left by a crash |

mod shared_base;

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::account::{Account, is_root};
use crate::endpoint::bin_dir;
use crate::error::IoContext;
use crate::{Endpoint, Error, Options, Search, files, password};

/// Marks a data directory that this crate created. Only such directories are ever deleted.
const MARKER: &str = "local-postgres.marker";

/// The directory of one server, and the account that runs the server.
#[derive(Debug)]
pub(crate) struct ServerDirectory {
    /// Canonical.
    pub(crate) path: PathBuf,
    pub(crate) account: Account,
}

impl ServerDirectory {
    /// Opens the directory of the options, and creates it if necessary. Root creates it elsewhere if the server's
    /// account could not reach it.
    pub(crate) fn create(options: &Options) -> Result<Self, Error> {
        let path = &options.directory;
        let created = if is_root() {
            shared_base::create(options)
        } else {
            make(path, 0o700)
        };
        created.map_err(|error| explain(path, error))?;
        Self::existing(path)?.ok_or_else(|| Error::NotOurs { path: path.clone() })
    }

    /// Opens an existing directory.
    pub(crate) fn existing(path: &Path) -> Result<Option<Self>, Error> {
        let path = match fs::canonicalize(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            found => found.on("find", path)?,
        };
        if !path.is_dir() {
            return Err(Error::NotOurs { path });
        }
        let data = data_in(&path);
        for path in [&path, &data] {
            files::require_ours(path)?;
        }
        let account = Account::choose(&[&data, &path])?;
        Ok(Some(Self { path, account }))
    }

    pub(crate) fn data(&self) -> PathBuf {
        data_in(&self.path)
    }

    pub(crate) fn password(&self) -> PathBuf {
        self.path.join("password")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("postgres.log")
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// The major version of the existing data. Data that this crate did not create is an error.
    pub(crate) fn major(&self) -> Result<Option<u32>, Error> {
        let data = self.data();
        if fs::symlink_metadata(&data).is_err() {
            return Ok(None);
        }
        require_marker(&data)?;
        let file = data.join("PG_VERSION");
        let text = fs::read_to_string(&file).on("read", &file)?;
        text.trim()
            .parse()
            .map(Some)
            .map_err(|_| Error::NotOurs { path: data })
    }

    /// The endpoint of the running server.
    pub(crate) fn endpoint(&self, pid: u32, port: u16, search: &Search) -> Result<Endpoint, Error> {
        let data_directory = self.data();
        let bin_dir = bin_dir(&data_directory).unwrap_or_default();
        Ok(Endpoint {
            port,
            password: password::read(&self.password())?,
            major: self.major()?.unwrap_or_default(),
            pid,
            psql: search.psql(&bin_dir),
            data_directory,
            bin_dir,
        })
    }
}

fn data_in(directory: &Path) -> PathBuf {
    directory.join("data")
}

/// Marks a data directory as created by this crate.
pub(crate) fn mark(data: &Path) -> Result<(), Error> {
    let marker = data.join(MARKER);
    fs::write(
        &marker,
        "Made by local-postgres: development data, deleted on request.\n",
    )
    .on("write", &marker)
}

/// Fails if this crate did not create the data directory.
pub(crate) fn require_marker(data: &Path) -> Result<(), Error> {
    if data.join(MARKER).is_file() {
        return Ok(());
    }
    Err(Error::NotOurs {
        path: data.to_owned(),
    })
}

/// Makes the directory, or the target of the dangling link in its place.
fn make(path: &Path, mode: u32) -> Result<(), Error> {
    files::make_directories(path, mode)?;
    match fs::read_link(path) {
        Ok(target) => files::make_directories(&files::parent(path).join(target), mode),
        Err(_) => Ok(()),
    }
}

/// Names the owner of the directory above if that is why nothing can be made in it.
fn explain(path: &Path, error: Error) -> Error {
    let denied = matches!(&error, Error::Io { cause, .. } if cause.kind() == ErrorKind::PermissionDenied);
    let above = path.ancestors().skip(1).find(|above| above.is_dir());
    above
        .filter(|_| denied)
        .and_then(|above| files::require_ours(above).err())
        .unwrap_or(error)
}
