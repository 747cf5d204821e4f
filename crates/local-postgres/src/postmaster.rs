//! The server's main process: start, recognition after a crash of its owner, stop.
//!
//! The server is started as a child, recognised by its process and stopped by signals. `pg_ctl` is not used, because
//! it keeps fewer promises:
//!
//! - `pg_ctl status` takes any process with the id in `postmaster.pid` for the server, a zombie too, and `pg_ctl stop`
//!   signals it. After the restart of a container that is often another process of the same account
//!   (`a_stale_pid_file_does_not_endanger_another_process` in `tests/it/adoption.rs`).
//! - `pg_ctl start` detaches the server: its exit status is lost, and without an init process it stays a zombie when
//!   it is killed. At its timeout it leaves a server that has not written `postmaster.pid` running, which then cannot
//!   be found (`programs_that_hang_are_killed` in `tests/it/lifecycle.rs`).

mod launch;
mod pid_file;
mod process;
mod server_state;

use std::process::Child;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, Signal, kill_process};

use crate::error::IoContext;
use crate::{Error, poll};

pub(crate) use launch::Launch;
pub(crate) use server_state::{RunningServer, ServerState};

/// Timeout of an immediate shutdown. The postmaster kills its children after five seconds.
const IMMEDIATE: Duration = Duration::from_secs(15);

/// The main process of a server that this process owns. It is stopped when dropped.
#[derive(Debug)]
pub(crate) struct Postmaster {
    process: Process,
    stop_timeout: Duration,
    stopped: bool,
}

#[derive(Debug)]
enum Process {
    /// The id of a child is not reused until it is reaped.
    Child(Child),
    /// Left by another owner, and verified again before each signal.
    Adopted(RunningServer),
}

impl Postmaster {
    /// Takes over a server that outlived its owner.
    pub(crate) fn adopt(server: RunningServer, stop_timeout: Duration) -> Self {
        Self::new(Process::Adopted(server), stop_timeout)
    }

    fn new(process: Process, stop_timeout: Duration) -> Self {
        Self {
            process,
            stop_timeout,
            stopped: false,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        match &self.process {
            Process::Child(child) => child.id(),
            Process::Adopted(server) => server.pid,
        }
    }

    /// Whether the process runs. A child that has ended is reaped.
    pub(crate) fn is_alive(&mut self) -> bool {
        match &mut self.process {
            Process::Child(child) => matches!(child.try_wait(), Ok(None)),
            Process::Adopted(server) => server.is_alive(),
        }
    }

    /// Stops the server by a fast shutdown, and by an immediate one after a timeout. A second call does nothing.
    pub(crate) fn stop(&mut self) -> Result<(), Error> {
        if std::mem::replace(&mut self.stopped, true) {
            return Ok(());
        }
        for (signal, timeout) in [(Signal::INT, self.stop_timeout), (Signal::QUIT, IMMEDIATE)] {
            self.signal(signal)?;
            let ended = poll::until(timeout, || Ok::<_, Error>((!self.is_alive()).then_some(())));
            if ended?.is_some() {
                return Ok(());
            }
            tracing::warn!(pid = self.pid(), ?signal, "PostgreSQL did not stop in time");
        }
        Err(Error::StopTimeout { pid: self.pid() })
    }

    fn signal(&mut self, signal: Signal) -> Result<(), Error> {
        let pid = self.pid();
        let alive = self.is_alive();
        match i32::try_from(pid).ok().and_then(Pid::from_raw) {
            Some(id) if alive => match kill_process(id, signal) {
                Ok(()) | Err(Errno::SRCH) => Ok(()),
                Err(error) => Err(error).context(format_args!("signal process {pid}")),
            },
            _ => Ok(()),
        }
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            tracing::warn!(%error, "cannot stop the private PostgreSQL");
        }
    }
}
