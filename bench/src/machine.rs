//! The machine that was measured on, and the versions of programs.

use std::fs;
use std::process::Command;
use std::thread::available_parallelism;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::programs::Program;

/// The machine and the versions of what ran on it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) processor: String,
    /// Hardware threads that this process may use.
    pub(crate) threads: usize,
    /// Mebibytes.
    pub(crate) memory: u64,
    pub(crate) kernel: String,
    /// The load average of the last minute, when the run ended.
    pub(crate) load: String,
    /// Of PostgreSQL, when a scenario needed it, and of the programs that are installed.
    pub(crate) versions: Vec<String>,
}

impl Machine {
    /// Inspects the machine. Unknown facts are empty.
    pub(crate) fn inspect(context: &Context) -> Self {
        let folder = context.started_world().map(|world| world.server().bin_dir());
        let postgres = folder.and_then(|folder| version(&folder.join("postgres"), "--version"));
        let programs = [Program::Pgbench, Program::Pgbouncer, Program::Wrk].map(|program| {
            let path = program.find(folder).ok()?;
            version(
                &path,
                if program == Program::Wrk {
                    "-v"
                } else {
                    "--version"
                },
            )
        });
        let service = context.program(Program::Tenantry).ok().flatten();
        let service = service.and_then(|path| version(&path, "--version"));
        Self {
            processor: field("/proc/cpuinfo", "model name").unwrap_or_default(),
            threads: available_parallelism().map_or(0, usize::from),
            memory: field("/proc/meminfo", "MemTotal")
                .and_then(|size| size.trim_end_matches(" kB").parse::<u64>().ok())
                .map_or(0, |kibibytes| kibibytes / 1024),
            kernel: line("/proc/sys/kernel/osrelease"),
            load: line("/proc/loadavg")
                .split(' ')
                .next()
                .unwrap_or_default()
                .to_owned(),
            versions: [service, postgres]
                .into_iter()
                .chain(programs)
                .flatten()
                .collect(),
        }
    }
}

/// The first line that a program says of itself.
fn version(program: &std::path::Path, flag: &str) -> Option<String> {
    let output = Command::new(program).arg(flag).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().next().map(|line| line.trim().to_owned())
}

fn field(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.split_once(':').map(|(_, value)| value.trim().to_owned())
}

/// What of this process's memory has this name in `/proc/self/status`, in MiB.
///
/// # Errors
/// Where there is no such file.
pub(crate) fn memory(name: &str) -> anyhow::Result<f64> {
    let kibibytes = field("/proc/self/status", name)
        .and_then(|value| value.strip_suffix(" kB")?.trim().parse::<f64>().ok())
        .with_context(|| format!("/proc/self/status has no {name}"))?;
    Ok(kibibytes / 1024.0)
}

fn line(file: &str) -> String {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().next().unwrap_or_default().to_owned()
}
