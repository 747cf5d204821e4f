//! A server that leaves nothing behind.

use std::time::Duration;

use crate::account::Account;
use crate::initdb::Initdb;
use crate::installation::Installation;
use crate::obtain::obtain;
use crate::postmaster::{Launch, Postmaster};
use crate::scratch::Scratch;
use crate::{Endpoint, Error, Options, Step, password};

/// What makes a server fast whose data need not survive a crash.
const FAST: [(&str, &str); 3] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
];

/// A server for tests: fast, in a temporary directory, and gone with this process however it ends.
///
/// It is stopped and removed by [`stop`](Self::stop) or by dropping it. When this process ends without either, be it
/// killed, or be the value in a static, a small shell that waited for that does the same.
#[derive(Debug)]
pub struct Ephemeral {
    endpoint: Endpoint,
    stop_timeout: Duration,
    /// Missing once it has been stopped.
    running: Option<(Postmaster, Scratch)>,
}

impl Ephemeral {
    /// Starts a server with new data and blocks until it accepts connections. The root directory of the options is
    /// where programs are downloaded to if none are installed; otherwise it is not touched.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let account = Account::choose(&[])?;
        let scratch = Scratch::new(&account, options.stop_timeout)?;
        let data = scratch.path().join("data");

        let installation = obtain(options, &account, None, &data)?;
        let password = password::generate()?;
        options.step(&Step::Initialising {
            data_directory: data.clone(),
        });
        let timeout = options.start_timeout;
        Initdb {
            installation: &installation,
            account: &account,
            password: &password,
            timeout,
            durable: false,
        }
        .run(&data)?;

        let fast = FAST.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (postmaster, port) = Launch {
            installation: &installation,
            account: &account,
            data: &data,
            log: &scratch.path().join("postgres.log"),
            settings: &[&fast, options.settings.as_slice()].concat(),
            timeout,
        }
        .run(|port| options.step(&Step::Starting { port }))?;
        options.step(&Step::Ready { port });
        let endpoint = Endpoint {
            port,
            password,
            major: installation.version.major,
            pid: postmaster.pid(),
            data_directory: data,
            psql: Installation::psql(&installation.bin_dir, &options.search),
            bin_dir: installation.bin_dir,
        };
        Ok(Self {
            endpoint,
            stop_timeout: options.stop_timeout,
            running: Some((postmaster, scratch)),
        })
    }

    /// Where it is reached.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Stops the server and removes its data.
    pub fn stop(mut self) -> Result<(), Error> {
        self.stop_once()
    }

    fn stop_once(&mut self) -> Result<(), Error> {
        let Some((mut postmaster, scratch)) = self.running.take() else {
            return Ok(());
        };
        postmaster.stop(self.stop_timeout)?;
        scratch.remove()
    }
}

impl Drop for Ephemeral {
    fn drop(&mut self) {
        if let Err(error) = self.stop_once() {
            tracing::warn!(%error, "cannot stop a temporary PostgreSQL");
        }
    }
}
