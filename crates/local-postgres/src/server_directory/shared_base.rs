//! Server directories of root, which the server's unprivileged account must reach.
//!
//! A checkout below `/root` is closed to that account. Its data goes to [`Options::shared_base`], and a link to it
//! takes the place of the server directory.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{self, Path};

use sha2::{Digest, Sha256};

use super::{data_in, make, require_marker};
use crate::account::Account;
use crate::error::IoContext;
use crate::lock::Lock;
use crate::postmaster::{Postmaster, ServerState};
use crate::{Error, Options, files};

/// Other accounts may pass, but not list.
const PASSABLE: u32 = 0o711;

/// Creates the server directory, or a link to one below [`Options::shared_base`]. An existing link, or a directory
/// with content, stays.
pub(super) fn create(options: &Options) -> Result<(), Error> {
    let directory = &options.directory;
    files::make_directories(files::parent(directory), PASSABLE)?;
    // Two processes that start at the same time must not replace the directory under each other.
    let _turn = lock_directory(files::parent(directory))?;
    make(directory, PASSABLE)?;
    let account = Account::choose(&[&data_in(directory), directory])?;
    // The server uses the canonical path: the account need not pass the checkout to follow a link in it.
    let canonical = fs::canonicalize(directory).on("find", directory)?;
    match account.require_access(&canonical) {
        // A directory is only removed when it is empty, and a link never.
        Err(Error::Unreachable { .. }) if fs::remove_dir(directory).is_ok() => link(options, &account),
        accessible => accessible,
    }
}

fn link(options: &Options, account: &Account) -> Result<(), Error> {
    let directory = &options.directory;
    let checkout = files::parent(directory);
    let origin = fs::canonicalize(checkout)
        .on("find", checkout)?
        .join(directory.file_name().unwrap_or_default());
    let base = path::absolute(&options.shared_base).on("find", &options.shared_base)?;
    let target = base.join(name_for(&origin));
    set_aside(&target, options)?;
    files::make_directories(&target, PASSABLE)?;
    account.require_access(&target)?;
    // For a person who cleans up there.
    files::write_private(&target.join("origin"), origin.as_os_str().as_encoded_bytes())?;
    symlink(&target, directory).on("link", directory)
}

fn lock_directory(directory: &Path) -> Result<File, Error> {
    let file = File::open(directory).on("open", directory)?;
    file.lock().on("lock", directory)?;
    Ok(file)
}

/// A file name that identifies a path: the first 128 bits of its SHA-256.
fn name_for(path: &Path) -> String {
    hex::encode(&Sha256::digest(path.as_os_str().as_encoded_bytes())[..16])
}

/// Renames data whose link is gone, because its checkout was removed: a new checkout at the same path must not see
/// it. One such copy is kept.
fn set_aside(target: &Path, options: &Options) -> Result<(), Error> {
    let data = data_in(target);
    if !data.exists() {
        return Ok(());
    }
    require_marker(&data)?;
    let _lock = Lock::acquire(&target.join("lock"))?;
    if let Some(server) = ServerState::settled(&data, options.start_timeout)? {
        Postmaster::adopt(server, options.stop_timeout).stop()?;
    }
    let previous = target.with_extension("previous");
    if previous.exists() {
        require_marker(&data_in(&previous))?;
        fs::remove_dir_all(&previous).on("remove", &previous)?;
    }
    tracing::warn!(path = %previous.display(), "put aside the data of a removed checkout");
    fs::rename(target, &previous).on("rename", target)
}
