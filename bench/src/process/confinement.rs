//! One processor and a limit of memory for a service.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, ensure};

use crate::child::GuardedCommand;

/// What the program runs under; it says itself how.
const CONFINE: &str = include_str!("confine.sh");

/// Where control groups are mounted.
const ROOT: &str = "/sys/fs/cgroup";

/// Groups made so far, for their names.
static GROUPS: AtomicU32 = AtomicU32::new(0);

/// One processor, and so much memory.
#[derive(Debug)]
pub(crate) struct Confinement {
    processor: usize,
    memory: MemoryLimit,
}

/// What limits the memory, the strictest that this machine has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MemoryLimit {
    /// A control group: every page that is charged to it, the kernel's included.
    ControlGroup { folder: PathBuf, mebibytes: u64 },
    /// `RLIMIT_DATA`, where no control group can be made: private writable memory alone.
    Data { mebibytes: u64 },
}

impl Confinement {
    /// The last processor that this process may run on, and a limit of memory.
    ///
    /// # Errors
    /// When the processors cannot be read.
    pub(crate) fn new(mebibytes: u64) -> anyhow::Result<Self> {
        let status = fs::read_to_string("/proc/self/status").context("no /proc/self/status")?;
        let allowed = status
            .lines()
            .find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let last = allowed.and_then(|list| list.trim().rsplit([',', '-']).next());
        let processor = last
            .and_then(|number| number.parse().ok())
            .context("no allowed processor")?;
        let group = control_group(mebibytes);
        let memory = match group {
            Ok(folder) => MemoryLimit::ControlGroup { folder, mebibytes },
            Err(_) => MemoryLimit::Data { mebibytes },
        };
        Ok(Self { processor, memory })
    }

    /// In words, for the report.
    pub(crate) fn describe(&self) -> String {
        let memory = match &self.memory {
            MemoryLimit::ControlGroup { mebibytes, .. } => {
                format!("{mebibytes} MiB of memory by a control group")
            }
            MemoryLimit::Data { mebibytes } => format!(
                "{mebibytes} MiB of private writable memory (RLIMIT_DATA), since no control group could be made"
            ),
        };
        format!("processor {} alone (taskset), {memory}", self.processor)
    }

    /// Runs the program under it.
    pub(super) fn command(&self, program: &Path, arguments: Vec<String>) -> GuardedCommand {
        let (group, data) = match &self.memory {
            MemoryLimit::ControlGroup { folder, .. } => (folder.display().to_string(), "-".to_owned()),
            MemoryLimit::Data { mebibytes } => ("-".to_owned(), (mebibytes * 1024).to_string()),
        };
        let script = ["-c", CONFINE, "confine"].map(str::to_owned);
        let limits = [
            group,
            data,
            self.processor.to_string(),
            program.display().to_string(),
        ];
        let arguments = script.into_iter().chain(limits).chain(arguments);
        let command = GuardedCommand::new(Path::new("/bin/sh"), arguments);
        match &self.memory {
            MemoryLimit::ControlGroup { folder, .. } => command.env("GUARD_CGROUP", folder),
            MemoryLimit::Data { .. } => command,
        }
    }
}

impl Drop for Confinement {
    fn drop(&mut self) {
        if let MemoryLimit::ControlGroup { folder, .. } = &self.memory {
            // Its guard removes it as well, for when this process was killed; while the program runs neither can.
            let _ = fs::remove_dir(folder);
        }
    }
}

/// Makes a group below this process's own, whose limits hold as well.
fn control_group(mebibytes: u64) -> anyhow::Result<PathBuf> {
    let own = fs::read_to_string("/proc/self/cgroup")?;
    let (parent, file) = parent(&own).context("no control group for memory")?;
    let number = GROUPS.fetch_add(1, Ordering::Relaxed);
    let folder = parent.join(format!("tenantry-bench-{}-{number}", std::process::id()));
    fs::create_dir(&folder)?;
    let bytes = mebibytes * 1024 * 1024;
    let limited = limit(&folder, file, bytes);
    if limited.is_err() {
        let _ = fs::remove_dir(&folder);
    }
    limited.map(|()| folder)
}

fn limit(folder: &Path, file: &str, bytes: u64) -> anyhow::Result<()> {
    fs::write(folder.join(file), bytes.to_string())?;
    let held = fs::read_to_string(folder.join(file))?;
    ensure!(held.trim() == bytes.to_string(), "the limit was not taken");
    Ok(())
}

/// The folder of the group that this process is in, and the file of a limit: version 1's hierarchy for memory, else the
/// one of version 2.
fn parent(own: &str) -> Option<(PathBuf, &'static str)> {
    let of = |controllers: &str| {
        own.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (listed, path) = rest.split_once(':')?;
            let found = listed.split(',').any(|controller| controller == controllers);
            found.then(|| path.trim_start_matches('/').to_owned())
        })
    };
    if let Some(path) = of("memory") {
        return Some((Path::new(ROOT).join("memory").join(path), "memory.limit_in_bytes"));
    }
    let path = of("")?;
    Some((Path::new(ROOT).join(path), "memory.max"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_control_groups_are_found() {
        let first = "4:memory,hugetlb:/jobs/a\n3:cpuset:/\n0::/\n";
        let folder = PathBuf::from("/sys/fs/cgroup/memory/jobs/a");
        assert_eq!(parent(first), Some((folder, "memory.limit_in_bytes")));
        let second = "0::/user.slice\n";
        let folder = PathBuf::from("/sys/fs/cgroup/user.slice");
        assert_eq!(parent(second), Some((folder, "memory.max")));
        assert_eq!(parent("3:cpuset:/\n"), None);
    }

    #[tokio::test]
    async fn the_limits_hold_for_the_program_and_leave_nothing() {
        let confinement = Confinement::new(64).unwrap();
        let script = "ulimit -d; cat /proc/self/cgroup; grep Cpus_allowed_list: /proc/self/status";
        let arguments = ["-c", script].map(str::to_owned).to_vec();
        let command = confinement.command(Path::new("/bin/sh"), arguments);
        let printed = command.output(std::time::Duration::from_secs(30)).await.unwrap();
        let processor = format!("Cpus_allowed_list:\t{}\n", confinement.processor);
        assert!(printed.ends_with(&processor), "{printed}");
        match &confinement.memory {
            MemoryLimit::ControlGroup { folder, .. } => {
                let name = folder.file_name().unwrap().to_string_lossy().into_owned();
                assert!(printed.contains(&name), "{printed}");
                assert!(!folder.exists(), "the group is left");
            }
            MemoryLimit::Data { .. } => assert!(printed.starts_with("65536\n"), "{printed}"),
        }
    }

    #[tokio::test]
    async fn without_a_control_group_the_data_is_limited() {
        let confinement = Confinement {
            processor: Confinement::new(64).unwrap().processor,
            memory: MemoryLimit::Data { mebibytes: 64 },
        };
        let arguments = ["-c", "ulimit -d"].map(str::to_owned).to_vec();
        let command = confinement.command(Path::new("/bin/sh"), arguments);
        let printed = command.output(std::time::Duration::from_secs(30)).await.unwrap();
        assert_eq!(printed, "65536\n");
        assert!(confinement.describe().contains("RLIMIT_DATA"));
    }
}
