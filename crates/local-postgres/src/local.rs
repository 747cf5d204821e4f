//! Server that keeps its data.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::error::IoContext;
use crate::initdb::{self, initdb};
use crate::lock::Lock;
use crate::obtain::obtain;
use crate::postmaster::{Launch, Postmaster, ServerState};
use crate::server_directory::{ServerDirectory, require_marker};
use crate::{Endpoint, Error, Options, Step, files, password};

/// Prefix of the directories whose deletion is in progress.
const DELETING_PREFIX: &str = "deleting-";

/// A server that keeps its data in a directory across runs.
///
/// It is stopped by [`stop`](Self::stop) or when dropped. When this process is killed, the server runs on and the next
/// [`start`](Self::start) adopts it.
#[derive(Debug)]
pub struct LocalPostgres {
    endpoint: Endpoint,
    log: PathBuf,
    adopted: bool,
    // Dropped in this order: the lock is released after the server has stopped.
    postmaster: Mutex<Postmaster>,
    _lock: Lock,
}

impl LocalPostgres {
    /// Adopts the running server of a killed owner, or starts one, with new data if there is none. Blocks until the
    /// server accepts connections.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let directory = ServerDirectory::create(options)?;
        let data = directory.data();
        let lock = Lock::acquire(&directory.lock()).map_err(|error| match ServerState::of(&data) {
            Ok(ServerState::Stopped) => not_running(error, &directory),
            _ => error,
        })?;
        let running = match directory.major()? {
            Some(_) => ServerState::settled(&data, options.start_timeout)?,
            None => None,
        };
        let (postmaster, port) = match running {
            Some(server) => {
                let (pid, port) = (server.pid, server.port);
                options.report(&Step::Adopted { pid, port });
                (Postmaster::adopt(server, options.stop_timeout), port)
            }
            None => launch(&directory, options)?,
        };
        let endpoint = directory.endpoint(postmaster.pid(), port, &options.search)?;
        options.report(&Step::Ready { port });
        Ok(Self {
            endpoint,
            log: directory.log(),
            adopted: running.is_some(),
            postmaster: Mutex::new(postmaster),
            _lock: lock,
        })
    }

    /// The endpoint of the running server, whichever process owns it; `None` if no server runs. Starts and adopts
    /// nothing.
    ///
    /// # Errors
    /// [`Error::NotRunning`] if a process owns the server and the server is not ready.
    pub fn attach(options: &Options) -> Result<Option<Endpoint>, Error> {
        let Some(directory) = ServerDirectory::existing(&options.directory)? else {
            return Ok(None);
        };
        if directory.major()?.is_some()
            && let ServerState::Ready(server) = ServerState::of(&directory.data())?
        {
            return directory
                .endpoint(server.pid, server.port, &options.search)
                .map(Some);
        }
        match Lock::acquire(&directory.lock()) {
            Ok(_) => Ok(None),
            Err(error) => Err(not_running(error, &directory)),
        }
    }

    /// Deletes the data, after stopping a server that outlived its owner; returns whether there was any. Downloaded
    /// programs stay. Fails if another process owns the server, or if this crate did not create the data.
    pub fn reset(options: &Options) -> Result<bool, Error> {
        let Some(directory) = ServerDirectory::existing(&options.directory)? else {
            return Ok(false);
        };
        let _lock = Lock::acquire(&directory.lock())?;
        files::sweep(&directory.path, initdb::WORKING_PREFIX)?;
        files::sweep(&directory.path, DELETING_PREFIX)?;
        let data = directory.data();
        if fs::symlink_metadata(&data).is_err() {
            return Ok(false);
        }
        require_marker(&data)?;
        if let Some(server) = ServerState::settled(&data, options.start_timeout)? {
            Postmaster::adopt(server, options.stop_timeout).stop()?;
        }
        // Renamed first: the data is gone at once, even if its deletion is interrupted.
        let deleting = files::temporary(&directory.path, DELETING_PREFIX)?;
        fs::rename(&data, deleting.path().join("data")).on("rename", &data)?;
        files::remove(&directory.password())?;
        deleting.close().on("remove", &data)?;
        Ok(true)
    }

    /// Address and credentials.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether the server outlived an earlier owner. It then runs with the settings of its start.
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// Whether the server runs. A server that was killed is reaped by this call: as a zombie it would be in the way
    /// of the next start.
    pub fn is_running(&self) -> bool {
        let postmaster = self.postmaster.lock();
        postmaster.unwrap_or_else(PoisonError::into_inner).is_alive()
    }

    /// The server's log file.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Stops the server by a fast shutdown, and by an immediate one after [`Options::stop_timeout`].
    pub fn stop(self) -> Result<(), Error> {
        let mut postmaster = self.postmaster.lock().unwrap_or_else(PoisonError::into_inner);
        postmaster.stop()
    }
}

/// Replaces [`Error::InUse`] where no server is ready: then waiting for the owner does not help.
fn not_running(error: Error, directory: &ServerDirectory) -> Error {
    match error {
        Error::InUse { directory: path, pid } => Error::NotRunning {
            directory: path,
            pid,
            log: directory.log(),
        },
        error => error,
    }
}

fn launch(directory: &ServerDirectory, options: &Options) -> Result<(Postmaster, u16), Error> {
    files::sweep(&directory.path, initdb::WORKING_PREFIX)?;
    let data = directory.data();
    let major = directory.major()?;
    let installation = obtain(options, &directory.account, major, &data)?;
    if major.is_some() {
        // Without it the server would be of no use.
        password::read(&directory.password())?;
    } else {
        options.report(&Step::Initialising {
            data_directory: data.clone(),
        });
        let password = password::generate()?;
        // Before the data, which would be of no use without it.
        password::write(&directory.password(), &password)?;
        initdb(&installation, &data, &password, &[], options.start_timeout)?;
    }
    Launch {
        options,
        installation: &installation,
        data: &data,
        log: &directory.log(),
    }
    .run()
}
