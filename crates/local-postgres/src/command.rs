//! Running PostgreSQL's programs.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::account::Account;
use crate::poll;

/// A program that runs as `account` and knows nothing of our surroundings.
///
/// The environment is emptied: `PGDATA`, `PGPORT` and their like would change what PostgreSQL does, and secrets in
/// it would be readable by whoever runs as that account. The working directory is one that everybody can enter.
pub(crate) fn program(path: &Path, account: &Account) -> Command {
    let mut command = Command::new(path);
    command
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("LC_ALL", "C");
    command.current_dir("/").stdin(Stdio::null());
    account.run(&mut command);
    command
}

/// How long a program that was just written may be busy.
const BUSY: Duration = Duration::from_secs(5);

/// Starts a program. One that this process has just unpacked may still be open for writing in a child of another
/// thread that is between fork and exec; that passes.
pub(crate) fn spawn(command: &mut Command) -> io::Result<Child> {
    let spawned = poll::until(BUSY, || match command.spawn() {
        Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => Ok(None),
        spawned => spawned.map(Some),
    })?;
    spawned.ok_or_else(|| io::ErrorKind::ExecutableFileBusy.into())
}

/// What a program prints that prints little; an error when it fails or takes longer than `timeout`.
pub(crate) fn output(mut command: Command, timeout: Duration) -> io::Result<String> {
    let mut child = spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let status = wait(&mut child, timeout)?;
    let mut printed = String::new();
    let mut complaint = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut printed)?;
    }
    if let Some(mut stderr) = child.stderr.take() {
        stderr.read_to_string(&mut complaint)?;
    }
    match status {
        Some(status) if status.success() => Ok(printed),
        Some(status) => Err(io::Error::other(format!("{status}: {}", complaint.trim()))),
        None => Err(io::ErrorKind::TimedOut.into()),
    }
}

/// How a child ended; `None` when it took longer than `timeout` and was therefore killed.
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
    use crate::account::{Account, effective_uid};

    fn shell(script: &str) -> std::process::Command {
        let mut shell = program(Path::new("/bin/sh"), &Account::Own { uid: effective_uid() });
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn the_environment_does_not_reach_the_program() {
        let printed = output(shell("env | cut -d= -f1 | sort; pwd"), Duration::from_secs(10)).unwrap();
        let names: Vec<&str> = printed
            .lines()
            .filter(|name| !["_", "PWD", "SHLVL", "OLDPWD"].contains(name))
            .collect();
        assert_eq!(names, ["LC_ALL", "PATH", "/"]);
    }

    #[test]
    fn a_failure_says_what_the_program_said() {
        let error = output(shell("echo broken library >&2; exit 3"), Duration::from_secs(10)).unwrap_err();
        assert!(error.to_string().contains("broken library"), "{error}");
    }

    #[test]
    fn a_program_that_hangs_is_ended() {
        let error = output(shell("exec sleep 600"), Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    }
}
