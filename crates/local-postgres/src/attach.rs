//! The server that another process runs.

use crate::home::Home;
use crate::installation::Installation;
use crate::lock::Lock;
use crate::postmaster::{Found, bin_dir};
use crate::{Endpoint, Error, LocalPostgres, Options, Search, password};

impl LocalPostgres {
    /// Where the server is that runs below the root directory, whoever started it; `None` when none runs. Nothing is
    /// started, taken over or changed.
    ///
    /// # Errors
    /// [`Error::OwnerWithoutServer`] when a process owns the server and it is not ready.
    pub fn attach(options: &Options) -> Result<Option<Endpoint>, Error> {
        let Some(home) = Home::existing(options.root())? else {
            return Ok(None);
        };
        let ready = match home.major()? {
            Some(major) => match Found::look(&home.data())? {
                Found::Ready(server) => Some((major, server)),
                _ => None,
            },
            None => None,
        };
        let Some((major, server)) = ready else {
            return match Lock::require_free(&home) {
                Ok(()) => Ok(None),
                Err(Error::Locked { root, pid }) => Err(Error::OwnerWithoutServer {
                    root,
                    pid,
                    log: home.log(),
                }),
                Err(error) => Err(error),
            };
        };
        endpoint(
            &home,
            major,
            server.postmaster.pid(),
            server.port,
            &options.search,
        )
        .map(Some)
    }
}

/// Where a running server of this home is reached.
pub(crate) fn endpoint(
    home: &Home,
    major: u32,
    pid: u32,
    port: u16,
    search: &Search,
) -> Result<Endpoint, Error> {
    let data_directory = home.data();
    let bin_dir = bin_dir(&data_directory).unwrap_or_default();
    let psql = Installation::psql(&bin_dir, search);
    let password = password::read(&home.password())?;
    Ok(Endpoint {
        port,
        password,
        major,
        pid,
        data_directory,
        bin_dir,
        psql,
    })
}
