//! Child processes that end with this one, even when it is killed.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::timeout;

/// What the shell runs; it says itself how.
const ORPHAN_GUARD: &str = include_str!("orphan_guard.sh");

/// Longer than the shell waits before it kills.
const END: Duration = Duration::from_secs(30);

/// A program under an orphan guard: a shell that ends it when the pipe from this process closes, which SIGKILL does as
/// well.
pub(crate) struct GuardedCommand {
    name: String,
    command: Command,
}

impl GuardedCommand {
    /// This program with these arguments.
    pub(crate) fn new(program: &Path, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", ORPHAN_GUARD, "orphan_guard"])
            .arg(program)
            .args(arguments.into_iter().map(Into::into))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let name = program.file_name().map(OsStr::to_string_lossy);
        Self {
            name: name.unwrap_or_default().into_owned(),
            command,
        }
    }

    /// Sets a variable of its environment: a password must not stand among its arguments.
    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// Leaves variables of this prefix out of its environment.
    #[expect(
        clippy::disallowed_methods,
        reason = "what the service is configured by must come from the bench alone"
    )]
    pub(crate) fn without_env(mut self, prefix: &str) -> Self {
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with(prefix)) {
            self.command.env_remove(name);
        }
        self
    }

    /// Runs it to its end and returns what it printed.
    ///
    /// # Errors
    /// When it cannot be run, takes longer than `bound`, or fails; then with what it complained of.
    pub(crate) async fn output(mut self, bound: Duration) -> anyhow::Result<String> {
        let name = self.name;
        let mut child = self
            .command
            .spawn()
            .with_context(|| format!("cannot run {name}"))?;
        // Held until the end: closing it ends the program.
        let pipe = child.stdin.take();
        let output = timeout(bound, child.wait_with_output())
            .await
            .with_context(|| format!("{name} did not end within {bound:?}"))??;
        drop(pipe);
        if !output.status.success() {
            let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
            bail!("{name} failed: {}", complaint.trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Starts it, to run until the result is dropped. It prints into nothing.
    ///
    /// # Errors
    /// When it cannot be run.
    pub(crate) fn start(mut self) -> anyhow::Result<Running> {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self.spawn()
    }

    /// The same with its standard error, which has to be read lest it wait.
    ///
    /// # Errors
    /// When it cannot be run.
    pub(crate) fn start_with_stderr(mut self) -> anyhow::Result<(Running, ChildStderr)> {
        self.command.stdout(Stdio::null());
        let mut running = self.spawn()?;
        let stderr = running.0.stderr.take().context("standard error is a pipe")?;
        Ok((running, stderr))
    }

    fn spawn(&mut self) -> anyhow::Result<Running> {
        let child = self
            .command
            .spawn()
            .with_context(|| format!("cannot run {}", self.name))?;
        Ok(Running(child))
    }
}

/// A program that is ended by dropping this.
pub(crate) struct Running(Child);

impl Running {
    /// Whether it has ended by itself.
    pub(crate) fn ended(&mut self) -> bool {
        !matches!(self.0.try_wait(), Ok(None))
    }

    /// Ends it and waits until it is gone.
    ///
    /// # Errors
    /// When it is not gone after half a minute.
    pub(crate) async fn end(mut self) -> anyhow::Result<()> {
        drop(self.0.stdin.take());
        timeout(END, self.0.wait())
            .await
            .context("a program does not end")??;
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The shell sees its input end and ends the program.
        drop(self.0.stdin.take());
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    const BOUND: Duration = Duration::from_secs(30);

    fn shell(script: &str) -> GuardedCommand {
        GuardedCommand::new(Path::new("/bin/sh"), ["-c", script])
    }

    #[tokio::test]
    async fn output_and_failure_come_through() {
        assert_eq!(shell("echo 7; exit 0").output(BOUND).await.unwrap(), "7\n");
        let error = shell("echo why >&2; exit 3").output(BOUND).await.unwrap_err();
        assert_eq!(error.to_string(), "sh failed: why");
    }

    /// Waits until the program has written its number.
    async fn number(file: &Path) -> String {
        let deadline = Instant::now() + BOUND;
        loop {
            match std::fs::read_to_string(file) {
                Ok(pid) if pid.ends_with('\n') => return pid.trim().to_owned(),
                _ => assert!(Instant::now() < deadline, "it never started"),
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until the process is gone.
    async fn gone(pid: &str) {
        let deadline = Instant::now() + BOUND;
        let process = Path::new("/proc").join(pid);
        // A zombie has ended.
        let alive = || {
            let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
            !status.is_empty() && !status.contains("(zombie)")
        };
        while alive() {
            assert!(Instant::now() < deadline, "it outlives its guard");
            sleep(Duration::from_millis(5)).await;
        }
    }

    #[tokio::test]
    async fn a_program_ends_with_its_guard() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let running = shell("exec sleep 600")
            .env("GUARD_PID_FILE", &file)
            .start()
            .unwrap();
        let pid = number(&file).await;
        drop(running);
        gone(&pid).await;
    }

    #[tokio::test]
    async fn a_child_that_hangs_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        for script in [
            "trap '' TERM; echo $$ >$0; while :; do sleep 0.1; done",
            "echo $$ >$0; kill -STOP $$",
        ] {
            let file = folder.path().join("pid");
            let arguments = ["-c", script, file.to_str().unwrap()];
            let command = GuardedCommand::new(Path::new("/bin/sh"), arguments).env("GUARD_PATIENCE", "2");
            let running = command.start().unwrap();
            let pid = number(&file).await;
            running.end().await.unwrap();
            gone(&pid).await;
            std::fs::remove_file(&file).unwrap();
        }
    }
}
