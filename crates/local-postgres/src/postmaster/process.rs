//! Verification that a process is the server described by a `postmaster.pid`.
//!
//! A process id alone proves nothing: after a crash or a reboot another process may have it. So the process must be a
//! `postgres` of the data directory's owner, work in that directory, and have started at the time in the file.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use sysinfo::{Pid, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

use super::pid_file::PidFile;

/// Tolerated difference of start times, in seconds. The server reads its clock a moment after its start, both times
/// are in whole seconds, and the kernel's is derived from the time of boot.
const TOLERANCE: u64 = 5;

/// A process, as the operating system reports it.
#[derive(Debug, Clone)]
pub(super) struct ProcessInfo {
    name: String,
    /// The effective user id.
    uid: Option<u32>,
    /// The working directory. Root in a container may be denied that of another account's process; then the data
    /// directory among the arguments.
    directory: Option<PathBuf>,
    /// Seconds since the epoch, by the kernel's reckoning.
    pub(super) started: u64,
}

/// The result of a verification.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The process is the server.
    Server,
    /// The process has nothing to do with the data directory: the id was reused.
    Unrelated,
    /// The process may be the server, but something does not agree.
    Doubtful(String),
}

impl ProcessInfo {
    /// `None` if the process has ended, even when it is still to be reaped.
    pub(super) fn of(pid: u32) -> Result<Option<Self>, sysinfo::Error> {
        let pid = Pid::from_u32(pid);
        let mut system = System::new()?;
        let what = ProcessRefreshKind::nothing()
            .with_cwd(UpdateKind::Always)
            .with_cmd(UpdateKind::Always)
            .with_user(UpdateKind::Always)
            .without_tasks();
        system.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, what);
        let process = system
            .process(pid)
            .filter(|process| !matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead));
        Ok(process.map(|process| {
            let directory = process.cwd().filter(|cwd| !cwd.as_os_str().is_empty());
            Self {
                name: process.name().to_string_lossy().into_owned(),
                uid: process.effective_user_id().map(|uid| **uid),
                directory: directory
                    .map(Path::to_owned)
                    .or_else(|| data_argument(process.cmd())),
                started: process.start_time(),
            }
        }))
    }

    /// Compares the process with a `postmaster.pid`. `data` is canonical, and `owner` its owner.
    pub(super) fn verify(&self, file: &PidFile, data: &Path, owner: Option<u32>) -> Verdict {
        if self.name != "postgres" || self.uid != owner {
            return Verdict::Unrelated;
        }
        match &self.directory {
            None => return Verdict::Doubtful("its working directory is unknown".to_owned()),
            Some(directory) if directory != data => return Verdict::Unrelated,
            Some(_) => {}
        }
        if fs::canonicalize(&file.data_directory).ok().as_deref() != Some(data) {
            let other = file.data_directory.display();
            return Verdict::Doubtful(format!(
                "its postmaster.pid names another data directory, {other}"
            ));
        }
        let (started, expected) = (self.started, file.started);
        if started.abs_diff(expected) > TOLERANCE {
            return Verdict::Doubtful(format!(
                "it started at {started}, and its postmaster.pid says {expected}"
            ));
        }
        Verdict::Server
    }
}

/// The data directory among a postmaster's arguments.
fn data_argument(arguments: &[OsString]) -> Option<PathBuf> {
    let mut pairs = arguments.windows(2);
    pairs
        .find(|pair| pair[0] == "-D")
        .map(|pair| PathBuf::from(&pair[1]))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::{ProcessInfo, TOLERANCE, Verdict, data_argument};
    use crate::poll;
    use crate::postmaster::pid_file::PidFile;

    const STARTED: u64 = 1_763_880_000;
    const OWNER: Option<u32> = Some(101);

    fn file(data: &Path) -> PidFile {
        PidFile {
            pid: 4711,
            data_directory: data.to_owned(),
            started: STARTED,
            ready_port: Some(5432),
        }
    }

    fn process(directory: &Path) -> ProcessInfo {
        ProcessInfo {
            name: "postgres".into(),
            uid: OWNER,
            directory: Some(directory.to_owned()),
            started: STARTED,
        }
    }

    fn data() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(directory.path()).unwrap();
        (directory, path)
    }

    #[test]
    fn a_process_that_agrees_in_all_is_the_server() {
        let (_keep, data) = data();
        for drift in [0, TOLERANCE] {
            let process = ProcessInfo {
                started: STARTED + drift,
                ..process(&data)
            };
            assert_eq!(process.verify(&file(&data), &data, OWNER), Verdict::Server);
        }
    }

    #[test]
    fn another_program_account_or_server_is_unrelated() {
        let (_keep, data) = data();
        let editor = ProcessInfo {
            name: "vim".into(),
            ..process(&data)
        };
        let stranger = ProcessInfo {
            uid: Some(102),
            ..process(&data)
        };
        let elsewhere = process(Path::new("/elsewhere"));
        for unrelated in [editor, stranger, elsewhere] {
            assert_eq!(unrelated.verify(&file(&data), &data, OWNER), Verdict::Unrelated);
        }
    }

    #[test]
    fn another_start_time_or_another_directory_in_the_file_is_doubtful() {
        let (_keep, data) = data();
        for started in [STARTED - TOLERANCE - 1, STARTED + TOLERANCE + 1] {
            let process = ProcessInfo {
                started,
                ..process(&data)
            };
            let verdict = process.verify(&file(&data), &data, OWNER);
            assert!(matches!(verdict, Verdict::Doubtful(_)), "{verdict:?}");
        }
        let moved = file(Path::new("/"));
        let verdict = process(&data).verify(&moved, &data, OWNER);
        assert!(matches!(verdict, Verdict::Doubtful(_)), "{verdict:?}");
    }

    #[test]
    fn a_server_whose_working_directory_is_unknown_is_doubtful() {
        let (_keep, data) = data();
        let hidden = ProcessInfo {
            directory: None,
            ..process(&data)
        };
        let verdict = hidden.verify(&file(&data), &data, OWNER);
        assert!(matches!(verdict, Verdict::Doubtful(_)), "{verdict:?}");
    }

    #[test]
    fn a_process_is_reported_until_it_ends_even_if_it_is_not_reaped() {
        let mut child = Command::new("sleep")
            .arg("600")
            .current_dir("/")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let process = ProcessInfo::of(child.id()).unwrap().unwrap();
        let us = rustix::process::geteuid().as_raw();
        assert_eq!((process.name.as_str(), process.uid), ("sleep", Some(us)));
        assert_eq!(process.directory.as_deref(), Some("/".as_ref()));
        child.kill().unwrap();
        let ended = poll::until(Duration::from_secs(30), || {
            ProcessInfo::of(child.id()).map(|process| process.is_none().then_some(()))
        });
        child.wait().unwrap();
        assert_eq!(ended.unwrap(), Some(()));
    }

    #[test]
    fn the_arguments_of_a_postmaster_name_its_data_directory() {
        let arguments = |words: &[&str]| words.iter().map(Into::into).collect::<Vec<_>>();
        let postmaster = arguments(&["/usr/bin/postgres", "-D", "/my data", "-c", "port=1"]);
        assert_eq!(data_argument(&postmaster).as_deref(), Some("/my data".as_ref()));
        assert_eq!(data_argument(&arguments(&["postgres: checkpointer "])), None);
        assert_eq!(data_argument(&arguments(&["postgres", "-D"])), None);
    }
}
