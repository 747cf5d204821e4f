//! A server that keeps its data.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::attach::endpoint;
use crate::home::Home;
use crate::initdb::{Initdb, WORKING_PREFIX};
use crate::installation::Installation;
use crate::lock::Lock;
use crate::obtain::obtain;
use crate::postmaster::{Found, Launch, Postmaster, clear_stale};
use crate::{Endpoint, Error, Options, Step, files, password};

/// A server that keeps its data below a directory across runs.
///
/// It is stopped by [`stop`](Self::stop) or by dropping it. When this process is killed the server runs on, and the
/// next [`start`](Self::start) takes it over.
#[derive(Debug)]
pub struct LocalPostgres {
    endpoint: Endpoint,
    log: PathBuf,
    adopted: bool,
    owned: Owned,
}

/// A server that is stopped when this is dropped, and only then is the lock released.
#[derive(Debug)]
struct Owned {
    /// Missing once it has been stopped.
    postmaster: Option<Mutex<Postmaster>>,
    stop_timeout: Duration,
    _lock: Lock,
}

impl LocalPostgres {
    /// Takes over the server that was left behind below the root directory, or starts one, with a new data
    /// directory when there is none. Blocks until it accepts connections.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let home = Home::open(options)?;
        let mut owned = Owned {
            postmaster: None,
            stop_timeout: options.stop_timeout,
            _lock: Lock::acquire(&home).map_err(|error| not_serving(error, &home))?,
        };
        let major = home.major()?;
        let left_behind = match major {
            Some(_) => Found::settled(&home.data(), options.start_timeout)?,
            None => None,
        };
        let adopted = left_behind.is_some();
        let (postmaster, port) = match left_behind {
            Some(server) => {
                options.step(&Step::Adopted {
                    pid: server.postmaster.pid(),
                    port: server.port,
                });
                (server.postmaster, server.port)
            }
            None => launch(&home, major, options)?,
        };
        let pid = postmaster.pid();
        owned.postmaster = Some(Mutex::new(postmaster));
        let major = home.major()?.unwrap_or_default();
        let endpoint = endpoint(&home, major, pid, port, &options.search)?;
        options.step(&Step::Ready { port });
        Ok(Self {
            endpoint,
            log: home.log(),
            adopted,
            owned,
        })
    }

    /// Where it is reached.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Whether it was left behind by an earlier process and taken over. It then runs with the settings that it was
    /// started with.
    pub fn adopted(&self) -> bool {
        self.adopted
    }

    /// Whether its first process still runs. Who asks again and again learns that it has ended by itself; and one that was
    /// started by this process is then reaped, so that it is not in the way of another start.
    pub fn is_running(&self) -> bool {
        let postmaster = self.owned.postmaster.as_ref();
        postmaster.is_some_and(|postmaster| {
            postmaster
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .is_alive()
        })
    }

    /// The server's own log.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Stops the server: a fast shutdown, and after [`Options::stop_timeout`] an immediate one.
    pub fn stop(mut self) -> Result<(), Error> {
        self.owned.stop()
    }
}

impl Owned {
    fn stop(&mut self) -> Result<(), Error> {
        match self.postmaster.take() {
            Some(postmaster) => postmaster
                .into_inner()
                .unwrap_or_else(PoisonError::into_inner)
                .stop(self.stop_timeout),
            None => Ok(()),
        }
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(%error, "cannot stop the private PostgreSQL");
        }
    }
}

/// Whoever is refused is told as well if no server is ready there, whose owner is not to be waited for in vain.
fn not_serving(refused: Error, home: &Home) -> Error {
    match (refused, Found::look(&home.data())) {
        (Error::Locked { root, pid }, Ok(Found::Nothing)) => Error::OwnerWithoutServer {
            root,
            pid,
            log: home.log(),
        },
        (refused, _) => refused,
    }
}

fn launch(home: &Home, major: Option<u32>, options: &Options) -> Result<(Postmaster, u16), Error> {
    files::sweep(&home.directory, WORKING_PREFIX)?;
    let data = home.data();
    let installation = obtain(options, &home.account, major, &data)?;
    if major.is_none() {
        initialise(home, &installation, options)?;
    } else {
        // Without it a started server would be of no use.
        password::read(&home.password())?;
        clear_stale(&data, options.start_timeout)?;
    }
    Launch {
        installation: &installation,
        account: &home.account,
        data: &data,
        log: &home.log(),
        settings: &options.settings,
        timeout: options.start_timeout,
    }
    .run(|port| options.step(&Step::Starting { port }))
}

fn initialise(home: &Home, installation: &Installation, options: &Options) -> Result<(), Error> {
    let data = home.data();
    options.step(&Step::Initialising {
        data_directory: data.clone(),
    });
    let password = password::generate()?;
    // Before the data: data without its password would be of no use.
    password::write(&home.password(), &password)?;
    let account = &home.account;
    let timeout = options.start_timeout;
    Initdb {
        installation,
        account,
        password: &password,
        timeout,
        durable: true,
    }
    .run(&data)
}
