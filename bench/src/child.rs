//! Programs that end when we do, however that comes.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// What the shell runs; it says itself how.
const LEASH: &str = include_str!("leash.sh");

/// A program to be run on a leash: a shell that waits for our end, since the pipe to it closes when this process is
/// gone, even by SIGKILL.
pub(crate) struct Leashed {
    name: String,
    command: Command,
}

impl Leashed {
    /// This program with these arguments.
    pub(crate) fn new(program: &Path, arguments: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", LEASH, "leash"])
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
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
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
        let child = self
            .command
            .spawn()
            .with_context(|| format!("cannot run {}", self.name))?;
        Ok(Running(child))
    }
}

/// A program that is ended by dropping this.
pub(crate) struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // The shell sees its input end and ends the program.
        drop(self.0.stdin.take());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_secs(30);

    fn shell(script: &str) -> Leashed {
        Leashed::new(Path::new("/bin/sh"), ["-c", script])
    }

    #[tokio::test]
    async fn output_and_failure_come_through() {
        assert_eq!(shell("echo 7; exit 0").output(BOUND).await.unwrap(), "7\n");
        let error = shell("echo why >&2; exit 3").output(BOUND).await.unwrap_err();
        assert_eq!(error.to_string(), "sh failed: why");
    }

    #[tokio::test]
    async fn a_program_ends_with_its_leash() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pid");
        let running = shell(&format!(
            "echo $$ >{0}.new; mv {0}.new {0}; exec sleep 600",
            file.display()
        ))
        .start()
        .unwrap();
        let deadline = tokio::time::Instant::now() + BOUND;
        let pid = loop {
            if let Ok(pid) = std::fs::read_to_string(&file) {
                break pid;
            }
            assert!(tokio::time::Instant::now() < deadline, "it never started");
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        drop(running);
        let process = Path::new("/proc").join(pid.trim());
        // One that has ended and that nobody has reaped yet is as good as gone.
        let alive = || {
            let status = std::fs::read_to_string(process.join("status")).unwrap_or_default();
            status.contains("sleep") && !status.contains("(zombie)")
        };
        while alive() {
            assert!(tokio::time::Instant::now() < deadline, "it outlives its leash");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
