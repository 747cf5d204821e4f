//! `postmaster.pid`, in which a running server says where it is.
//!
//! Its lines are, from PostgreSQL's `src/include/utils/pidfile.h`: process id, data directory, start time in seconds
//! since the epoch, port, directory of the Unix socket, first listen address, shared memory key, status. They are
//! written one after another while the server starts. It is removed by a clean shutdown.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::error::IoContext;

/// What a `postmaster.pid` says so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: u32,
    pub(crate) data_directory: PathBuf,
    /// Seconds since the epoch.
    pub(crate) started: u64,
    /// Missing until the server listens.
    pub(crate) port: Option<u16>,
    pub(crate) status: Status,
}

/// The last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// Not yet written, or recovering.
    Starting,
    /// Accepts connections.
    Ready,
    /// Shutting down.
    Stopping,
}

impl PidFile {
    /// Where it is in a data directory.
    pub(crate) fn path(data: &Path) -> PathBuf {
        data.join("postmaster.pid")
    }

    /// Reads it. `None` when there is none or its first three lines, which are written at once, are not those of a
    /// postmaster.
    pub(crate) fn read(data: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path(data);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).doing("read", &path),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        // A standalone backend writes its number with a minus sign; it is no server.
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 1)?;
        let data_directory = PathBuf::from(lines.next()?);
        let started = lines.next()?.trim().parse().ok()?;
        let port = lines.next().and_then(|line| line.trim().parse().ok());
        let status = match lines.nth(3).map(str::trim) {
            Some("ready") => Status::Ready,
            Some("stopping") => Status::Stopping,
            _ => Status::Starting,
        };
        Some(Self {
            pid,
            data_directory,
            started,
            port,
            status,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{PidFile, Status};

    const READY: &str =
        "4711\n/srv/check out/data\n1763880000\n54321\n\n127.0.0.1\n 5432001    196609\nready   \n";

    #[test]
    fn all_lines_of_a_ready_server() {
        let file = PidFile::parse(READY).unwrap();
        assert_eq!(
            (file.pid, file.started, file.port),
            (4711, 1_763_880_000, Some(54321))
        );
        assert_eq!(file.data_directory, Path::new("/srv/check out/data"));
        assert_eq!(file.status, Status::Ready);
    }

    #[test]
    fn a_file_that_is_still_being_written() {
        for lines in 3..8 {
            let text: Vec<&str> = READY.lines().take(lines).collect();
            assert_eq!(
                PidFile::parse(&text.join("\n")).unwrap().status,
                Status::Starting,
                "{lines} lines"
            );
        }
        assert_eq!(PidFile::parse("4711\n/data\n"), None);
        assert_eq!(PidFile::parse(""), None);
    }

    #[test]
    fn other_states_are_not_ready() {
        assert_eq!(
            PidFile::parse(&READY.replace("ready   ", "stopping"))
                .unwrap()
                .status,
            Status::Stopping
        );
        assert_eq!(
            PidFile::parse(&READY.replace("ready   ", "starting"))
                .unwrap()
                .status,
            Status::Starting
        );
    }

    #[test]
    fn numbers_that_no_postmaster_has_are_refused() {
        for pid in ["-4711", "0", "1", "99999999999", "abc"] {
            assert_eq!(PidFile::parse(&READY.replace("4711", pid)), None, "{pid}");
        }
    }
}
