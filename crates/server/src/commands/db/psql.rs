//! psql as a child process, with a password that no other user can read.

use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::databases::Databases;

const MISSING: &str = "no psql is installed: on Debian, apt install postgresql-client";

/// Environment variables that would override libpq's connection parameters. PGOPTIONS and variables for certificates
/// are refused before any command runs.
const STRAY: [&str; 9] = [
    "PGHOSTADDR",
    "PGSERVICE",
    "PGSERVICEFILE",
    "PGPASSFILE",
    "PGTARGETSESSIONATTRS",
    "PGREQUIRESSL",
    "PGSSLCRL",
    "PGSSLCRLDIR",
    "PGGSSENCMODE",
];

/// A psql command before its start.
pub(super) struct Psql(Command);

impl Psql {
    /// The psql of the private PostgreSQL, else the first in `PATH`.
    pub(super) fn of(databases: &Databases) -> anyhow::Result<Self> {
        let program = match databases.postgres() {
            Some(private) => private.endpoint().psql().context(MISSING)?,
            None => Path::new("psql"),
        };
        let mut command = Command::new(program);
        for name in STRAY {
            command.env_remove(name);
        }
        Ok(Self(command))
    }

    /// Sets server and database.
    pub(super) fn connect_to(&mut self, host: &str, port: u16, database: &str) {
        self.0
            .args(["--host", host, "--port", &port.to_string(), "--dbname", database]);
    }

    /// Sets the login. The password is not passed as an argument, which every user of the machine can read.
    pub(super) fn log_in_as(&mut self, user: &str, password: &SecretString) {
        self.0.args(["--username", user]);
        self.0.env("PGPASSWORD", password.expose_secret());
    }

    /// Sets a variable of the child's environment.
    pub(super) fn env(&mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) {
        self.0.env(name, value);
    }

    /// Runs psql with these additional arguments, and waits for its end.
    pub(super) async fn run(mut self, arguments: &[String]) -> anyhow::Result<ExitCode> {
        // psql cancels its query on Ctrl-C; this process ignores the signal and waits for psql.
        let _interrupts = signal(SignalKind::interrupt()).context("cannot handle signals")?;
        let status = self.0.args(arguments).status().await;
        let status = status.map_err(|error| {
            let missing = error.kind() == ErrorKind::NotFound;
            anyhow::Error::new(error).context(if missing { MISSING } else { "cannot run psql" })
        })?;
        Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}
