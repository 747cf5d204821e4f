//! Creation of a data directory.

use std::fs;
use std::path::Path;
use std::time::Duration;

use secrecy::SecretString;

use crate::endpoint::SUPERUSER;
use crate::error::IoContext;
use crate::installation::Installation;
use crate::server_directory::mark;
use crate::{Error, command, files, log_file, password};

/// Prefix of the directories that `initdb` works in.
pub(crate) const WORKING_PREFIX: &str = "init-";

/// Byte order and Unicode's character classes, the same on every machine. macOS has no `C.UTF-8`.
const LOCALE: &[&str] = if cfg!(target_os = "macos") {
    &["--locale=C", "--lc-ctype=en_US.UTF-8"]
} else {
    &["--locale=C.UTF-8"]
};

/// Creates the data directory `data` atomically: `initdb` works in a directory beside it, which is then renamed.
/// `more` are further arguments.
pub(crate) fn initdb(
    installation: &Installation,
    data: &Path,
    password: &SecretString,
    more: &[&str],
    timeout: Duration,
) -> Result<(), Error> {
    let working = files::temporary(files::parent(data), WORKING_PREFIX)?;
    installation.account.own(working.path())?;
    let created = working.path().join("data");
    let password_file = working.path().join("password");
    password::write(&password_file, password)?;
    let log = working.path().join("initdb.log");
    let output = files::open_private(&log)?;

    let mut command = installation.command("initdb");
    command
        .arg("-D")
        .arg(&created)
        .arg("--pwfile")
        .arg(&password_file);
    command.args([
        "--username",
        SUPERUSER,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--no-instructions",
    ]);
    command.args(LOCALE).args(more);
    command
        .stdout(output.try_clone().on("open", &log)?)
        .stderr(output);

    let mut child = command::spawn(&mut command).context("run initdb")?;
    match command::wait(&mut child, timeout).context("wait for initdb")? {
        Some(status) if status.success() => {}
        status => {
            return Err(Error::Initdb {
                status,
                output: log_file::tail(&log),
            });
        }
    }
    mark(&created)?;
    fs::rename(&created, data).on("rename", &created)
}
