//! A running server's first process, ours to stop.

use std::io;
use std::path::Path;
use std::process::Child;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::identity::Identity;
use crate::error::IoContext;
use crate::{Error, poll};

/// How long an immediate shutdown may take. The server itself kills its children after five seconds of it.
const IMMEDIATE: Duration = Duration::from_secs(15);

/// A running server's first process, ours to stop.
#[derive(Debug)]
pub(crate) struct Postmaster(Handle);

#[derive(Debug)]
enum Handle {
    /// Our child: its number is not used again before we have seen it end.
    Child(Child),
    /// Left behind by another process: recognised again before each signal.
    Adopted(Identity),
}

impl Postmaster {
    pub(super) fn child(child: Child) -> Self {
        Self(Handle::Child(child))
    }

    pub(super) fn adopted(identity: Identity) -> Self {
        Self(Handle::Adopted(identity))
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        match &self.0 {
            Handle::Child(child) => child.id(),
            Handle::Adopted(identity) => identity.pid,
        }
    }

    /// Whether it still runs.
    pub(crate) fn is_alive(&mut self) -> bool {
        match &mut self.0 {
            Handle::Child(child) => matches!(child.try_wait(), Ok(None)),
            Handle::Adopted(identity) => identity.is_alive(),
        }
    }

    /// Stops the server: a fast shutdown, and after `timeout` an immediate one. A server that has already ended is
    /// no error.
    pub(crate) fn stop(&mut self, timeout: Duration) -> Result<(), Error> {
        for (signal, patience) in [(Signal::INT, timeout), (Signal::QUIT, IMMEDIATE)] {
            self.signal(signal)?;
            if self.wait(patience) {
                return Ok(());
            }
            tracing::warn!(pid = self.pid(), ?signal, "PostgreSQL did not stop in time");
        }
        Err(Error::StopTimeout { pid: self.pid() })
    }

    /// Whether it ends in time.
    fn wait(&mut self, timeout: Duration) -> bool {
        let ended = poll::until(timeout, || Ok::<_, io::Error>((!self.is_alive()).then_some(())));
        matches!(ended, Ok(Some(())))
    }

    fn signal(&mut self, signal: Signal) -> Result<(), Error> {
        let pid = i32::try_from(self.pid()).ok().and_then(Pid::from_raw);
        let Some(pid) = pid.filter(|_| self.is_alive()) else {
            return Ok(());
        };
        match kill_process(pid, signal) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
            Err(error) => {
                Err(io::Error::from(error)).doing("signal process", Path::new(&self.pid().to_string()))
            }
        }
    }
}
