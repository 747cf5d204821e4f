//! Discarding the data.

use std::fs;
use std::path::Path;

use crate::error::IoContext;
use crate::home::{Home, require_marker};
use crate::initdb::WORKING_PREFIX;
use crate::lock::Lock;
use crate::postmaster::Found;
use crate::{Error, LocalPostgres, Options, files};

/// Begins the name that data has while it is being deleted.
const DELETING_PREFIX: &str = "deleting-";

impl LocalPostgres {
    /// Deletes the data below the root directory, after stopping a server that was left behind; says whether there
    /// was any. Downloaded programs stay. Refuses while another process owns the server, and refuses data that this
    /// crate did not make.
    pub fn reset(options: &Options) -> Result<bool, Error> {
        let Some(home) = Home::existing(options.root())? else {
            return Ok(false);
        };
        let _lock = Lock::acquire(&home)?;
        files::sweep(&home.directory, WORKING_PREFIX)?;
        files::sweep(&home.directory, DELETING_PREFIX)?;
        let data = home.data();
        if fs::symlink_metadata(&data).is_err() {
            return Ok(false);
        }
        require_marker(&data)?;
        if let Some(mut found) = Found::settled(&data, options.start_timeout)? {
            found.postmaster.stop(options.stop_timeout)?;
        }
        delete(&home, &data)?;
        Ok(true)
    }
}

/// The data directory is gone at once, even if deleting it takes long or is interrupted.
fn delete(home: &Home, data: &Path) -> Result<(), Error> {
    let grave = files::temporary(&home.directory, DELETING_PREFIX)?;
    fs::rename(data, grave.path().join("data")).doing("rename", data)?;
    files::remove(&home.password())?;
    let path = grave.path().to_owned();
    grave.close().doing("remove", &path)
}
