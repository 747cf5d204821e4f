//! A server that an earlier process left behind when it was killed.

use std::path::Path;
use std::time::Duration;

use super::Postmaster;
use super::identity::{self, Verdict};
use super::pid_file::{PidFile, Status};
use crate::{Error, files, poll};

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

/// Removes a `postmaster.pid` whose number now belongs to something else.
///
/// PostgreSQL itself passes over the file when the number is free. But it cannot tell whether a process of the same
/// account is a server or not, and would refuse to start: after the restart of a container, where numbers begin anew,
/// that is to be expected. The file stays when any server process may still be at work in the directory.
pub(crate) fn clear_reused(data: &Path) -> Result<(), Error> {
    let Some(file) = PidFile::read(data)? else {
        return Ok(());
    };
    if identity::examine(&file, data) != Verdict::Unrelated || identity::may_be_served(data) {
        return Ok(());
    }
    tracing::info!(
        pid = file.pid,
        "postmaster.pid names a process that is no server; it is removed"
    );
    files::remove(&PidFile::path(data))
}
