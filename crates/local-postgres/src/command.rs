//! Running PostgreSQL's programs.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::account::Account;
use crate::poll;

/// How long a program that was just unpacked may be busy.
const BUSY: Duration = Duration::from_secs(5);

/// A program that runs as `account`, isolated from this process's environment: `PGDATA`, `PGPORT` and the like would
/// change what PostgreSQL does, and other processes of the account could read secrets.
pub(crate) fn program(path: &Path, account: &Account) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C")
        .current_dir("/")
        .stdin(Stdio::null());
    account.run(&mut command);
    command
}

/// Starts a program. A program that was just unpacked may be busy: another thread's child, between fork and exec, has
/// it open for writing.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let spawned = poll::until(BUSY, || match command.spawn() {
        Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => Ok(None),
        spawned => spawned.map(Some),
    })?;
    spawned.ok_or_else(|| io::ErrorKind::ExecutableFileBusy.into())
}

/// The output of a program that prints little. It must succeed within `timeout`.
pub(crate) fn output(command: &mut Command, timeout: Duration) -> io::Result<String> {
    let mut child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let status = wait(&mut child, timeout)?;
    let (mut output, mut errors) = (String::new(), String::new());
    if let (Some(stdout), Some(stderr)) = (&mut child.stdout, &mut child.stderr) {
        stdout.read_to_string(&mut output)?;
        stderr.read_to_string(&mut errors)?;
    }
    match status {
        Some(status) if status.success() => Ok(output),
        Some(status) => Err(io::Error::other(format!("{status}: {}", errors.trim()))),
        None => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// Waits for a child; after `timeout` kills it and returns `None`.
pub(crate) fn wait(child: &mut Child, timeout: Duration) -> io::Result<Option<ExitStatus>> {
    let status = poll::until(timeout, || child.try_wait())?;
    if status.is_none() {
        child.kill()?;
        child.wait()?;
    }
    Ok(status)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::time::Duration;

    use super::{output, program};
    use crate::account::Account;

    fn shell(script: &str, timeout: Duration) -> std::io::Result<String> {
        output(
            program(Path::new("/bin/sh"), &Account::Own).args(["-c", script]),
            timeout,
        )
    }

    #[test]
    fn the_environment_does_not_reach_the_program() {
        let printed = shell("env | cut -d= -f1 | sort; pwd", Duration::from_secs(10)).unwrap();
        let names: Vec<&str> = printed
            .lines()
            .filter(|name| !["_", "PWD", "SHLVL", "OLDPWD"].contains(name))
            .collect();
        assert_eq!(names, ["LC_ALL", "PATH", "/"]);
    }

    #[test]
    fn an_error_contains_what_the_program_said() {
        let error = shell("echo broken library >&2; exit 3", Duration::from_secs(10)).unwrap_err();
        assert!(error.to_string().contains("broken library"), "{error}");
    }

    #[test]
    fn a_program_that_hangs_is_killed() {
        let error = shell("exec sleep 600", Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
}
