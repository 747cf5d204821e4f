//! What the operating system tells of other processes.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use sysinfo::{Pid, Process, ProcessRefreshKind, ProcessStatus, ProcessesToUpdate, System, UpdateKind};

/// What the operating system calls each process of a server.
pub(super) const SERVER: &str = "postgres";

/// What the operating system tells of a process.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) name: String,
    /// The effective user id.
    pub(super) uid: Option<u32>,
    /// Where it works. Root in a container may not always look into a process of another account; then it is the
    /// data directory that the process, or its parent, was started with, if that can be told.
    pub(super) directory: Option<PathBuf>,
    /// As the kernel reckons, in seconds since the epoch.
    pub(super) started: u64,
}

/// Looks at one process; `None` when it has ended. One that waits to be reaped has.
pub(super) fn one(pid: u32) -> Result<Option<Seen>, sysinfo::Error> {
    let pid = Pid::from_u32(pid);
    let mut system = System::new()?;
    refresh(&mut system, ProcessesToUpdate::Some(&[pid]));
    if let Some(parent) = system.process(pid).and_then(Process::parent) {
        refresh(&mut system, ProcessesToUpdate::Some(&[parent]));
    }
    Ok(system.process(pid).and_then(|process| see(process, &system)))
}

/// All processes of servers of any kind.
pub(super) fn servers() -> Result<Vec<Seen>, sysinfo::Error> {
    let mut system = System::new()?;
    refresh(&mut system, ProcessesToUpdate::All);
    let seen = system
        .processes()
        .values()
        .filter_map(|process| see(process, &system));
    Ok(seen.filter(|seen| seen.name == SERVER).collect())
}

fn refresh(system: &mut System, which: ProcessesToUpdate<'_>) {
    let what = ProcessRefreshKind::nothing()
        .with_cwd(UpdateKind::Always)
        .with_cmd(UpdateKind::Always)
        .with_user(UpdateKind::Always)
        .without_tasks();
    system.refresh_processes_specifics(which, true, what);
}

fn see(process: &Process, system: &System) -> Option<Seen> {
    if matches!(process.status(), ProcessStatus::Zombie | ProcessStatus::Dead) {
        return None;
    }
    let cwd = process.cwd().filter(|cwd| !cwd.as_os_str().is_empty());
    let parent = process.parent().and_then(|parent| system.process(parent));
    let told = || data_argument(process.cmd()).or_else(|| data_argument(parent?.cmd()));
    Some(Seen {
        name: process.name().to_string_lossy().into_owned(),
        uid: process.effective_user_id().map(|uid| **uid),
        directory: cwd.map(Path::to_owned).or_else(told),
        started: process.start_time(),
    })
}

/// The data directory among a postmaster's arguments.
fn data_argument(arguments: &[OsString]) -> Option<PathBuf> {
    arguments
        .windows(2)
        .find(|pair| pair[0] == "-D")
        .map(|pair| PathBuf::from(&pair[1]))
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::{data_argument, one};
    use crate::account::effective_uid;
    use crate::poll;

    #[test]
    fn a_process_is_seen_until_it_ends_and_no_longer_when_it_waits_to_be_reaped() {
        let mut child = Command::new("sleep")
            .arg("600")
            .current_dir("/")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let seen = one(child.id()).unwrap().unwrap();
        assert_eq!((seen.name.as_str(), seen.uid), ("sleep", Some(effective_uid())));
        assert_eq!(seen.directory.as_deref(), Some("/".as_ref()));
        child.kill().unwrap();
        let ended = poll::until(Duration::from_secs(30), || {
            one(child.id()).map(|seen| seen.is_none().then_some(()))
        });
        child.wait().unwrap();
        assert_eq!(ended.unwrap(), Some(()));
    }

    #[test]
    fn a_postmasters_arguments_name_its_data() {
        let arguments = |words: &[&str]| words.iter().map(Into::into).collect::<Vec<_>>();
        let postmaster = arguments(&["/usr/bin/postgres", "-D", "/my data", "-c", "port=1"]);
        assert_eq!(data_argument(&postmaster).as_deref(), Some("/my data".as_ref()));
        assert_eq!(data_argument(&arguments(&["postgres: checkpointer "])), None);
        assert_eq!(data_argument(&arguments(&["postgres", "-D"])), None);
    }
}
