//! `postmaster.pid`, in which a running server describes itself.
//!
//! Its lines, according to PostgreSQL's `src/include/utils/pidfile.h`: process id, data directory, start time in
//! seconds since the epoch, port, directory of the Unix socket, listen address, shared memory key, status. The server
//! writes them one after another while it starts, and removes the file when it shuts down.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::error::IoContext;

/// The content of a `postmaster.pid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PidFile {
    pub(crate) pid: u32,
    pub(crate) data_directory: PathBuf,
    /// Seconds since the epoch.
    pub(crate) started: u64,
    /// The port, if the server accepts connections: `None` while it starts or stops.
    pub(crate) ready_port: Option<u16>,
}

impl PidFile {
    /// The file of a data directory.
    pub(crate) fn path(data: &Path) -> PathBuf {
        data.join("postmaster.pid")
    }

    /// Reads the file; `None` if it does not exist or is not a postmaster's.
    pub(crate) fn read(data: &Path) -> Result<Option<Self>, Error> {
        let path = Self::path(data);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Self::parse(&text)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).on("read", &path),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        // A standalone backend writes a negative id.
        let pid = lines.next()?.trim().parse().ok().filter(|pid| *pid > 1)?;
        let data_directory = PathBuf::from(lines.next()?);
        let started = lines.next()?.trim().parse().ok()?;
        let port = lines.next().and_then(|port| port.trim().parse().ok());
        let ready = lines.nth(3).is_some_and(|status| status.trim() == "ready");
        Some(Self {
            pid,
            data_directory,
            started,
            ready_port: port.filter(|_| ready),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::PidFile;

    const READY: &str =
        "4711\n/srv/check out/data\n1763880000\n54321\n\n127.0.0.1\n 5432001    196609\nready   \n";

    #[test]
    fn all_lines_of_a_ready_server() {
        let file = PidFile::parse(READY).unwrap();
        assert_eq!(
            (file.pid, file.started, file.ready_port),
            (4711, 1_763_880_000, Some(54321))
        );
        assert_eq!(file.data_directory, Path::new("/srv/check out/data"));
    }

    #[test]
    fn a_file_that_is_still_being_written_is_not_ready() {
        for lines in 3..8 {
            let text: Vec<&str> = READY.lines().take(lines).collect();
            let file = PidFile::parse(&text.join("\n")).unwrap();
            assert_eq!(file.ready_port, None, "{lines} lines");
        }
        assert_eq!(PidFile::parse("4711\n/data\n"), None);
        assert_eq!(PidFile::parse(""), None);
    }

    #[test]
    fn a_server_that_starts_or_stops_is_not_ready() {
        for status in ["stopping", "starting"] {
            let file = PidFile::parse(&READY.replace("ready   ", status)).unwrap();
            assert_eq!(file.ready_port, None, "{status}");
        }
    }

    #[test]
    fn ids_that_no_postmaster_has_are_refused() {
        for pid in ["-4711", "0", "1", "99999999999", "abc"] {
            assert_eq!(PidFile::parse(&READY.replace("4711", pid)), None, "{pid}");
        }
    }
}
