//! State of the server that may serve a data directory.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use super::pid_file::PidFile;
use super::process::{ProcessInfo, Verdict};
use crate::error::IoContext;
use crate::{Error, poll};

/// A server that accepts connections.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RunningServer {
    pub(crate) pid: u32,
    pub(crate) port: u16,
    /// By the kernel's reckoning: distinguishes the process from a later one with the same id.
    started: u64,
}

impl RunningServer {
    pub(crate) fn is_alive(&self) -> bool {
        match ProcessInfo::of(self.pid) {
            Ok(process) => process.is_some_and(|process| process.started == self.started),
            // A process that cannot be inspected may be alive.
            Err(_) => true,
        }
    }
}

/// State of the server that may serve a data directory.
#[derive(Debug)]
pub(crate) enum ServerState {
    Stopped,
    StartingOrStopping { pid: u32 },
    Ready(RunningServer),
}

impl ServerState {
    /// The state of this data directory's server. `data` is canonical. A process that may be the server, but could
    /// not be verified, is an error.
    pub(crate) fn of(data: &Path) -> Result<Self, Error> {
        let Some(file) = PidFile::read(data)? else {
            return Ok(Self::Stopped);
        };
        let process = ProcessInfo::of(file.pid).map_err(io::Error::other);
        let Some(process) = process.context(format_args!("inspect process {}", file.pid))? else {
            return Ok(Self::Stopped);
        };
        let owner = fs::metadata(data).map(|data| data.uid()).ok();
        match process.verify(&file, data, owner) {
            Verdict::Unrelated => Ok(Self::Stopped),
            Verdict::Doubtful(reason) => Err(unverified(file.pid, data, reason)),
            Verdict::Server => Ok(match file.ready_port {
                Some(port) => Self::Ready(RunningServer {
                    pid: file.pid,
                    port,
                    started: process.started,
                }),
                None => Self::StartingOrStopping { pid: file.pid },
            }),
        }
    }

    /// The running server, if there is one, after waiting for one that starts or stops.
    pub(crate) fn settled(data: &Path, timeout: Duration) -> Result<Option<RunningServer>, Error> {
        let mut unsettled = 0;
        let settled = poll::until(timeout, || {
            Ok::<_, Error>(match Self::of(data)? {
                Self::Stopped => Some(None),
                Self::Ready(server) => Some(Some(server)),
                Self::StartingOrStopping { pid } => {
                    unsettled = pid;
                    None
                }
            })
        })?;
        let reason = || format!("it was neither ready nor gone after {timeout:?}");
        settled.ok_or_else(|| unverified(unsettled, data, reason()))
    }
}

fn unverified(pid: u32, data: &Path, reason: String) -> Error {
    Error::Unverified {
        pid,
        data_directory: data.to_owned(),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    use super::ServerState;
    use crate::{Error, command, poll};

    const TIMEOUT: Duration = Duration::from_secs(30);

    /// A script named `postgres` that works in its data directory and writes this status first.
    fn server(directory: &Path, status: &str, then: &str) -> Child {
        let script = format!(
            r#"#!/bin/sh
state() {{ printf '%s\n%s\n%s\n5432\n\n127.0.0.1\n0 0\n%s\n' $$ "$PWD" "$started" "$1" >new; mv new postmaster.pid; }}
started=$(date +%s)
state {status}
{then}
"#
        );
        let program = directory.join("postgres");
        let write = r#"printf %s "$2" >"$1""#;
        assert!(
            Command::new("sh")
                .args(["-c", write, "sh"])
                .arg(&program)
                .arg(script)
                .status()
                .unwrap()
                .success()
        );
        fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
        let mut server = Command::new(program);
        server
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let child = command::spawn(&mut server).unwrap();
        let file = directory.join("postmaster.pid");
        poll::until(TIMEOUT, || Ok::<_, Error>(file.exists().then_some(())))
            .unwrap()
            .unwrap();
        child
    }

    fn end(mut server: Child) {
        let _ = server.kill();
        server.wait().unwrap();
    }

    fn directory() -> (tempfile::TempDir, std::path::PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(directory.path()).unwrap();
        (directory, path)
    }

    #[test]
    fn a_server_that_is_starting_is_awaited() {
        let (_keep, data) = directory();
        let server = server(
            &data,
            "starting",
            "until [ -f go ]; do sleep 0.1; done; state ready; while :; do sleep 0.1; done",
        );
        assert!(
            matches!(ServerState::of(&data), Ok(ServerState::StartingOrStopping { pid }) if pid == server.id())
        );
        let refused = ServerState::settled(&data, Duration::from_millis(50)).unwrap_err();
        assert!(
            matches!(refused, Error::Unverified { pid, .. } if pid == server.id()),
            "{refused}"
        );
        fs::write(data.join("go"), "").unwrap();
        let found = ServerState::settled(&data, TIMEOUT);
        assert!(
            matches!(&found, Ok(Some(ready)) if ready.port == 5432),
            "{found:?}"
        );
        end(server);
    }

    #[test]
    fn a_server_that_is_stopping_is_awaited_until_it_has_ended() {
        let (_keep, data) = directory();
        let server = server(&data, "stopping", "until [ -f go ]; do sleep 0.1; done");
        assert!(matches!(
            ServerState::of(&data),
            Ok(ServerState::StartingOrStopping { .. })
        ));
        fs::write(data.join("go"), "").unwrap();
        assert!(matches!(ServerState::settled(&data, TIMEOUT), Ok(None)));
        end(server);
    }
}
