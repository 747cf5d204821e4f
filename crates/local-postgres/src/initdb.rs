//! Making a data directory.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use secrecy::SecretString;

use crate::account::Account;
use crate::endpoint::SUPERUSER;
use crate::error::IoContext;
use crate::home::mark;
use crate::installation::Installation;
use crate::{Error, command, files, log_file, password};

/// Begins the name of the directory that a data directory is made in.
pub(crate) const WORKING_PREFIX: &str = "init-";

/// Sorting by bytes, Unicode's letters: the same on every machine. macOS has no `C.UTF-8` to take both from.
const LOCALE: &[&str] = if cfg!(target_os = "macos") {
    &["--locale=C", "--lc-ctype=en_US.UTF-8"]
} else {
    &["--locale=C.UTF-8"]
};

/// How a data directory is made.
#[derive(Debug)]
pub(crate) struct Initdb<'a> {
    pub(crate) installation: &'a Installation,
    pub(crate) account: &'a Account,
    /// The superuser's.
    pub(crate) password: &'a SecretString,
    pub(crate) timeout: Duration,
    /// Whether to wait until all is on disk; not worth it for data that dies with us.
    pub(crate) durable: bool,
}

impl Initdb<'_> {
    /// Makes the data directory `data`, which must not exist. It appears complete or not at all: `initdb` works in
    /// a directory beside it, which is renamed at the end.
    pub(crate) fn run(&self, data: &Path) -> Result<(), Error> {
        let parent = data.parent().unwrap_or(data);
        let working = files::temporary(parent, WORKING_PREFIX)?;
        self.account.give(working.path())?;
        let made = working.path().join("data");
        self.initdb(working.path(), &made)?;
        mark(&made)?;
        fs::rename(&made, data).doing("rename", &made)
    }

    fn initdb(&self, working: &Path, data: &Path) -> Result<(), Error> {
        let password_file = working.join("password");
        password::write(&password_file, self.password)?;
        let log = working.join("initdb.log");
        let output = files::open_private(&log)?;

        let initdb = self.installation.program("initdb");
        let mut command = command::program(&initdb, self.account);
        command.arg("-D").arg(data).arg("--pwfile").arg(&password_file);
        command.args([
            "--username",
            SUPERUSER,
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-instructions",
        ]);
        command.args(LOCALE);
        if !self.durable {
            command.arg("--no-sync");
        }
        command
            .stdout(Stdio::from(output.try_clone().doing("open", &log)?))
            .stderr(Stdio::from(output));

        let mut child = command::spawn(&mut command).doing("run", &initdb)?;
        let status = command::wait(&mut child, self.timeout).doing("wait for", &initdb)?;
        match status {
            Some(status) if status.success() => Ok(()),
            status => Err(Error::Initdb {
                status,
                output: log_file::tail(&log),
            }),
        }
    }
}
