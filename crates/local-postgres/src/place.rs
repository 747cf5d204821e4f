//! Where root keeps the data of a server that runs as another account.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::{self, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::account::Account;
use crate::error::IoContext;
use crate::home::{data_in, require_marker};
use crate::lock::Lock;
use crate::postmaster::Found;
use crate::{Error, Options, files, hex};

/// Others may pass, not look: the data directory below is closed to them anyway.
const PASSABLE: u32 = 0o711;

/// Makes sure that the root directory exists and that the server's account can work below it.
///
/// In a checkout whose parents are closed to that account, the data goes below [`Options::shared_base`] and a link
/// to it becomes the root directory. A link or a directory with anything in it is kept as it is.
pub(crate) fn settle(options: &Options) -> Result<(), Error> {
    let root = &options.root;
    // Two that come first at the same time must not try, link and give way under each other.
    let _turn = lock_directory(parent_of(root))?;
    if let Ok(target) = fs::read_link(root) {
        return keep_link(root, &parent_of(root).join(target));
    }
    files::make_directory(root, PASSABLE)?;
    let account = Account::choose(&[&data_in(root), root])?;
    if account.can_work_below(root)? {
        return Ok(());
    }
    // Succeeds for an empty directory only, which holds nothing to keep.
    match fs::remove_dir(root) {
        Ok(()) => link_elsewhere(root, options, &account),
        Err(error) => {
            tracing::debug!(%error, "the root directory stays");
            Err(Error::Unreachable {
                path: root.clone(),
                account: account.name(),
            })
        }
    }
}

/// A link stays; when its target was cleaned away, the target is made again.
fn keep_link(root: &Path, target: &Path) -> Result<(), Error> {
    if !root.exists() {
        make_passable(target)?;
    }
    let account = Account::choose(&[&data_in(target), target])?;
    require_usable(&account, target)
}

fn link_elsewhere(root: &Path, options: &Options, account: &Account) -> Result<(), Error> {
    let checkout = parent_of(root);
    let origin = fs::canonicalize(checkout)
        .doing("find", checkout)?
        .join(root.file_name().unwrap_or_default());
    let base = path::absolute(&options.shared_base).doing("find", &options.shared_base)?;
    let target = base.join(name_for(&origin));
    set_aside(&target, options)?;
    make_passable(&target)?;
    require_usable(account, &target)?;
    // Says whose it is to whoever clears up here.
    files::write_private(&target.join("origin"), origin.as_os_str().as_encoded_bytes())?;
    symlink(&target, root).doing("link", root)
}

fn lock_directory(directory: &Path) -> Result<File, Error> {
    let file = File::open(directory).doing("open", directory)?;
    file.lock().doing("lock", directory)?;
    Ok(file)
}

fn parent_of(root: &Path) -> &Path {
    root.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn make_passable(directory: &Path) -> Result<(), Error> {
    if let Some(parent) = directory.parent() {
        if let Some(above) = parent.parent() {
            fs::create_dir_all(above).doing("make", above)?;
        }
        files::make_directory(parent, PASSABLE)?;
    }
    files::make_directory(directory, PASSABLE).map(drop)
}

fn require_usable(account: &Account, directory: &Path) -> Result<(), Error> {
    if account.can_work_below(directory)? {
        return Ok(());
    }
    Err(Error::Unreachable {
        path: directory.to_owned(),
        account: account.name(),
    })
}

/// A name that stands for a path: the first 128 bits of its SHA-256.
fn name_for(path: &Path) -> String {
    let digest = Sha256::digest(path.as_os_str().as_encoded_bytes());
    hex::encode(&digest[..16])
}

/// Data without the link that led to it belongs to a checkout that was removed: it must not come back to life in a
/// new one. It is put aside, one generation long.
fn set_aside(target: &Path, options: &Options) -> Result<(), Error> {
    let data = data_in(target);
    if !data.exists() {
        return Ok(());
    }
    require_marker(&data)?;
    let _lock = Lock::acquire_at(&target.join("lock"), target)?;
    if let Some(mut left_behind) = Found::settled(&data, options.start_timeout)? {
        left_behind.postmaster.stop(options.stop_timeout)?;
    }
    let aside = aside(target);
    if aside.exists() {
        require_marker(&data_in(&aside))?;
        fs::remove_dir_all(&aside).doing("remove", &aside)?;
    }
    tracing::warn!(path = %aside.display(), "the data of a removed checkout was put aside");
    fs::rename(target, &aside).doing("rename", target)
}

fn aside(target: &Path) -> PathBuf {
    target.with_extension("previous")
}
