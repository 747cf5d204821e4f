//! A server that an earlier process left behind when it was killed.

use std::path::Path;
use std::time::Duration;

use super::Postmaster;
use super::identity::{self, Verdict};
use super::pid_file::{PidFile, Status};
use crate::{Error, poll};

/// A server that runs without an owner, and is ready.
#[derive(Debug)]
pub(crate) struct LeftBehind {
    pub(crate) postmaster: Postmaster,
    pub(crate) port: u16,
}

/// What serves a data directory.
#[derive(Debug)]
pub(crate) enum Found {
    Nothing,
    /// A server that is starting or stopping.
    Unsettled {
        pid: u32,
    },
    Ready(LeftBehind),
}

impl Found {
    /// Looks for a server of this data directory, which is canonical.
    ///
    /// A process that may be one but does not agree in all is an error, and is left alone.
    pub(crate) fn look(data: &Path) -> Result<Self, Error> {
        let Some(file) = PidFile::read(data)? else {
            return Ok(Self::Nothing);
        };
        let identity = match identity::examine(&file, data) {
            Verdict::Gone | Verdict::Unrelated => return Ok(Self::Nothing),
            Verdict::Doubtful(reason) => return Err(unverified(file.pid, data, reason)),
            Verdict::Ours(identity) => identity,
        };
        Ok(match (file.status, file.port) {
            (Status::Ready, Some(port)) => Self::Ready(LeftBehind {
                postmaster: Postmaster::adopted(identity),
                port,
            }),
            _ => Self::Unsettled { pid: file.pid },
        })
    }

    /// The same, but waits for a server that is starting or stopping.
    pub(crate) fn settled(data: &Path, timeout: Duration) -> Result<Option<LeftBehind>, Error> {
        let mut unsettled = 0;
        let settled = poll::until(timeout, || {
            Ok::<_, Error>(match Self::look(data)? {
                Self::Nothing => Some(None),
                Self::Ready(server) => Some(Some(server)),
                Self::Unsettled { pid } => {
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

    use super::Found;
    use crate::{Error, command, poll};

    const PATIENCE: Duration = Duration::from_secs(30);

    /// A script that calls itself postgres, works in its data directory, and first writes this status.
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
        poll::until(PATIENCE, || Ok::<_, Error>(file.exists().then_some(())))
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
    fn a_server_that_is_starting_is_waited_for() {
        let (_keep, data) = directory();
        let server = server(
            &data,
            "starting",
            "until [ -f go ]; do sleep 0.1; done; state ready; while :; do sleep 0.1; done",
        );
        assert!(matches!(Found::look(&data), Ok(Found::Unsettled { pid }) if pid == server.id()));
        let refused = Found::settled(&data, Duration::from_millis(50)).unwrap_err();
        assert!(
            matches!(refused, Error::Unverified { pid, .. } if pid == server.id()),
            "{refused}"
        );
        fs::write(data.join("go"), "").unwrap();
        let found = Found::settled(&data, PATIENCE);
        assert!(
            matches!(&found, Ok(Some(ready)) if ready.port == 5432),
            "{found:?}"
        );
        end(server);
    }

    #[test]
    fn a_server_that_is_stopping_is_waited_for_until_it_is_gone() {
        let (_keep, data) = directory();
        let server = server(&data, "stopping", "until [ -f go ]; do sleep 0.1; done");
        assert!(matches!(Found::look(&data), Ok(Found::Unsettled { .. })));
        fs::write(data.join("go"), "").unwrap();
        assert!(matches!(Found::settled(&data, PATIENCE), Ok(None)));
        end(server);
    }
}
