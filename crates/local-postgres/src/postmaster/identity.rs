//! Whether a process is the postmaster that a `postmaster.pid` speaks of.
//!
//! A process id alone says nothing: after a crash or a reboot the number may belong to anything. So the process must
//! be a `postgres`, work in the data directory, and have been started when the file says.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

use super::pid_file::PidFile;

/// Seconds by which the kernel's start time and the one in the file may differ. The server reads its clock a moment
/// after the kernel, both count whole seconds, and the kernel's is reckoned from the time of boot.
const TOLERANCE: u64 = 5;

/// What the operating system calls each process of a server.
const SERVER: &str = "postgres";

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    /// As the kernel reckons, in seconds since the epoch.
    started: u64,
}

impl Identity {
    /// Whether that very process still runs. One that has ended and waits to be reaped does not.
    pub(crate) fn is_alive(self) -> bool {
        match look(self.pid) {
            Ok(seen) => seen.is_some_and(|seen| seen.started == self.started),
            // What cannot be seen may be there.
            Err(_) => true,
        }
    }
}

/// What a `postmaster.pid` and the process that it names say together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They agree in all.
    Ours(Identity),
    /// No such process.
    Gone,
    /// A process that is no server of this data directory: the number has been used again.
    Unrelated,
    /// Something that may be a server of this data directory, and the reason for doubt.
    Doubtful(String),
}

/// Compares a `postmaster.pid` with the process that it names. `data` is canonical.
pub(crate) fn examine(file: &PidFile, data: &Path) -> Verdict {
    match look(file.pid) {
        Ok(None) => Verdict::Gone,
        Ok(Some(seen)) => judge(file, &seen, data),
        Err(error) => Verdict::Doubtful(format!("processes cannot be looked at: {error}")),
    }
}

/// Whether any server process, be it only a backend that outlived its postmaster, may work in a data directory.
pub(crate) fn may_be_served(data: &Path) -> bool {
    let Ok(system) = refreshed(ProcessesToUpdate::All) else {
        return true;
    };
    let mut servers = system
        .processes()
        .values()
        .filter_map(see)
        .filter(|seen| seen.name == SERVER);
    servers.any(|seen| seen.cwd.is_none_or(|cwd| cwd == data))
}

/// What the operating system tells of a process.
#[derive(Debug, Clone)]
struct Seen {
    name: String,
    /// Unknown when we may not look into the process.
    cwd: Option<PathBuf>,
    arguments: Vec<OsString>,
    started: u64,
}

fn judge(file: &PidFile, seen: &Seen, data: &Path) -> Verdict {
    if seen.name != SERVER {
        return Verdict::Unrelated;
    }
    // Root in a container may signal a process of another account, but not see where it works. Then the directory
    // that it was started with must do.
    let works_in_data = match &seen.cwd {
        Some(cwd) => cwd == data,
        None => seen
            .arguments
            .windows(2)
            .any(|pair| pair[0] == "-D" && Path::new(&pair[1]) == data),
    };
    if !works_in_data {
        return Verdict::Unrelated;
    }
    if fs::canonicalize(&file.data_directory).ok().as_deref() != Some(data) {
        let other = file.data_directory.display();
        return Verdict::Doubtful(format!(
            "its postmaster.pid names another data directory, {other}"
        ));
    }
    if seen.started.abs_diff(file.started) > TOLERANCE {
        let (process, file) = (seen.started, file.started);
        return Verdict::Doubtful(format!(
            "it was started at {process} and its postmaster.pid says {file}"
        ));
    }
    Verdict::Ours(Identity {
        pid: file.pid,
        started: seen.started,
    })
}

/// Looks at one process; `None` when it has ended.
fn look(pid: u32) -> Result<Option<Seen>, sysinfo::Error> {
    let pid = Pid::from_u32(pid);
    Ok(refreshed(ProcessesToUpdate::Some(&[pid]))?
        .process(pid)
        .and_then(see))
}

fn refreshed(which: ProcessesToUpdate<'_>) -> Result<System, sysinfo::Error> {
    let mut system = System::new()?;
    let what = ProcessRefreshKind::nothing()
        .with_cwd(UpdateKind::Always)
        .with_cmd(UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(which, true, what);
    Ok(system)
}

/// `None` for a process that has ended and waits to be reaped.
fn see(process: &Process) -> Option<Seen> {
    if matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead) {
        return None;
    }
    Some(Seen {
        name: process.name().to_string_lossy().into_owned(),
        cwd: process
            .cwd()
            .map(Path::to_owned)
            .filter(|cwd| !cwd.as_os_str().is_empty()),
        arguments: process.cmd().to_vec(),
        started: process.start_time(),
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use super::{Identity, Seen, TOLERANCE, Verdict, judge, look};
    use crate::postmaster::pid_file::{PidFile, Status};

    const STARTED: u64 = 1_763_880_000;

    fn file(data: &Path) -> PidFile {
        let data_directory = data.to_owned();
        PidFile {
            pid: 4711,
            data_directory,
            started: STARTED,
            port: Some(5432),
            status: Status::Ready,
        }
    }

    fn seen(cwd: Option<&Path>) -> Seen {
        let arguments = ["postgres", "-D", "/elsewhere"].map(Into::into).to_vec();
        Seen {
            name: "postgres".into(),
            cwd: cwd.map(Path::to_owned),
            arguments,
            started: STARTED,
        }
    }

    fn data() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(directory.path()).unwrap();
        (directory, path)
    }

    #[test]
    fn what_agrees_in_all_is_ours() {
        let (_keep, data) = data();
        for drift in [0, TOLERANCE] {
            let seen = Seen {
                started: STARTED + drift,
                ..seen(Some(&data))
            };
            let ours = Identity {
                pid: 4711,
                started: STARTED + drift,
            };
            assert_eq!(judge(&file(&data), &seen, &data), Verdict::Ours(ours));
        }
    }

    #[test]
    fn another_program_or_another_server_is_unrelated() {
        let (_keep, data) = data();
        let editor = Seen {
            name: "vim".into(),
            ..seen(Some(&data))
        };
        assert_eq!(judge(&file(&data), &editor, &data), Verdict::Unrelated);
        assert_eq!(
            judge(&file(&data), &seen(Some(Path::new("/elsewhere"))), &data),
            Verdict::Unrelated
        );
    }

    #[test]
    fn another_start_time_or_another_directory_in_the_file_is_doubtful() {
        let (_keep, data) = data();
        for started in [STARTED - TOLERANCE - 1, STARTED + TOLERANCE + 1] {
            let seen = Seen {
                started,
                ..seen(Some(&data))
            };
            assert!(matches!(judge(&file(&data), &seen, &data), Verdict::Doubtful(_)));
        }
        let moved = file(Path::new("/"));
        assert!(matches!(
            judge(&moved, &seen(Some(&data)), &data),
            Verdict::Doubtful(_)
        ));
    }

    #[test]
    fn where_the_working_directory_is_hidden_the_arguments_tell() {
        let (_keep, data) = data();
        assert_eq!(judge(&file(&data), &seen(None), &data), Verdict::Unrelated);
        let arguments = vec!["postgres".into(), "-D".into(), data.clone().into()];
        let hidden = Seen {
            arguments,
            ..seen(None)
        };
        assert!(matches!(judge(&file(&data), &hidden, &data), Verdict::Ours(_)));
    }

    #[test]
    fn a_process_that_has_ended_but_is_not_reaped_is_gone() {
        let mut child = Command::new("sleep").arg("600").spawn().unwrap();
        let alive = look(child.id()).unwrap().unwrap();
        let identity = Identity {
            pid: child.id(),
            started: alive.started,
        };
        assert_eq!(alive.name, "sleep");
        assert!(identity.is_alive());
        assert!(
            !Identity {
                started: alive.started + 1,
                ..identity
            }
            .is_alive()
        );
        child.kill().unwrap();
        crate::poll::until(std::time::Duration::from_secs(10), || {
            Ok::<_, ()>((!identity.is_alive()).then_some(()))
        })
        .unwrap()
        .expect("a zombie counts as gone");
        child.wait().unwrap();
    }
}
