//! Server without lasting data, for tests.

use crate::account::Account;
use crate::guarded_directory::GuardedDirectory;
use crate::initdb::initdb;
use crate::obtain::obtain;
use crate::postmaster::{Launch, Postmaster};
use crate::{Endpoint, Error, Options, Step, password};

/// Settings that are fast and lose data in a crash.
const FAST: [(&str, &str); 3] = [
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "off"),
];

/// A server for tests: fast, in a temporary directory, removed at the end of this process.
///
/// It is stopped and removed by [`stop`](Self::stop) or when dropped. When this process ends without either, because
/// it was killed or the value is in a static, a small shell does the same.
#[derive(Debug)]
pub struct EphemeralPostgres {
    endpoint: Endpoint,
    // Dropped in this order: the server is stopped before its directory is removed.
    postmaster: Postmaster,
    _directory: GuardedDirectory,
}

impl EphemeralPostgres {
    /// Starts a server with new data and blocks until it accepts connections. The directory of the options only
    /// receives downloaded programs, if none are installed.
    pub fn start(options: &Options) -> Result<Self, Error> {
        let account = Account::choose(&[])?;
        let directory = GuardedDirectory::new(&account)?;
        let data = directory.path().join("data");
        let mut options = options.clone();
        let fast = FAST.map(|(name, value)| (name.to_owned(), value.to_owned()));
        // First, so that the caller's settings take precedence.
        options.settings.splice(..0, fast);

        let installation = obtain(&options, &account, None, &data)?;
        let password = password::generate()?;
        options.report(&Step::Initialising {
            data_directory: data.clone(),
        });
        initdb(
            &installation,
            &data,
            &password,
            &["--no-sync"],
            options.start_timeout,
        )?;
        let (postmaster, port) = Launch {
            options: &options,
            installation: &installation,
            data: &data,
            log: &directory.path().join("postgres.log"),
        }
        .run()?;
        options.report(&Step::Ready { port });
        let endpoint = Endpoint {
            port,
            password,
            major: installation.version.major,
            pid: postmaster.pid(),
            data_directory: data,
            psql: options.search.psql(&installation.bin_dir),
            bin_dir: installation.bin_dir,
        };
        Ok(Self {
            endpoint,
            postmaster,
            _directory: directory,
        })
    }

    /// Address and credentials.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Stops the server and removes its data.
    pub fn stop(mut self) -> Result<(), Error> {
        self.postmaster.stop()
    }
}
