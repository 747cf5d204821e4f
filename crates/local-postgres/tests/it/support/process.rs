//! Other processes: inspecting, signalling and starting them.

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid as UnixPid, Signal, kill_process, kill_process_group, test_kill_process};
use sysinfo::{Pid, ProcessStatus, ProcessesToUpdate, System};

/// Timeout for anything that another process does on a busy machine.
const TIMEOUT: Duration = Duration::from_mins(1);

/// Waits until a condition on another process holds.
pub(crate) fn eventually(what: &str, condition: impl Fn() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < TIMEOUT, "not in time: {what}");
        std::thread::park_timeout(Duration::from_millis(20));
    }
}

/// Whether a process runs. A zombie does not.
pub(crate) fn runs(pid: u32) -> bool {
    let pid = Pid::from_u32(pid);
    let mut system = System::new().expect("processes can be looked at");
    system.refresh_processes(ProcessesToUpdate::Some(&[pid]), true);
    system
        .process(pid)
        .is_some_and(|process| process.status() != ProcessStatus::Zombie)
}

/// Whether a process exists. A zombie does.
pub(crate) fn is_listed(pid: u32) -> bool {
    test_kill_process(unix(pid)).is_ok()
}

/// Sends a signal to one process.
pub(crate) fn signal(pid: u32, signal: Signal) {
    kill_process(unix(pid), signal).expect("a signal can be sent");
}

/// Sends a signal to a process group, as a terminal does.
pub(crate) fn signal_group(leader: u32, signal: Signal) {
    kill_process_group(unix(leader), signal).expect("a signal can be sent");
}

fn unix(pid: u32) -> UnixPid {
    UnixPid::from_raw(i32::try_from(pid).expect("a process id")).expect("a process id")
}

/// Another process of this test program, which runs one of the functions in `subprocess`.
pub(crate) struct Subprocess {
    child: Child,
    output: BufReader<std::process::ChildStdout>,
}

impl Subprocess {
    /// Starts the function of this name with lines of input.
    pub(crate) fn start(function: &str, input: &[&Path]) -> Self {
        Self::start_with(
            Command::new(env::current_exe().expect("our program")),
            function,
            input,
        )
    }

    /// Like [`start`](Self::start), with a copy of this program and as another user.
    pub(crate) fn start_as(uid: u32, program: PathBuf, function: &str, input: &[&Path]) -> Self {
        let mut command = Command::new(program);
        command.uid(uid).gid(uid).current_dir("/");
        Self::start_with(command, function, input)
    }

    fn start_with(mut command: Command, function: &str, input: &[&Path]) -> Self {
        command.args([
            "--exact",
            &format!("subprocess::{function}"),
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ]);
        // A group of its own, as a shell gives to what it starts.
        command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("our program starts");
        let stdin = child.stdin.as_mut().expect("a pipe");
        for line in input {
            writeln!(stdin, "{}", line.display()).expect("it listens");
        }
        let output = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, output }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The words of the next line that begins with `key`.
    pub(crate) fn answer(&mut self, key: &str) -> Vec<String> {
        let mut line = String::new();
        while self.output.read_line(&mut line).expect("it can be read") > 0 {
            if let Some(words) = line.trim().strip_prefix(key) {
                return words.split_whitespace().map(str::to_owned).collect();
            }
            line.clear();
        }
        panic!("the process ended without printing {key}");
    }

    /// Ends it by SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it is alive");
        self.child.wait().expect("it is our child");
    }

    /// Closes its input and waits until it ends.
    pub(crate) fn wait(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().expect("it is our child");
    }
}
