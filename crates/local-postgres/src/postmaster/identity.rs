//! Whether a process is the postmaster that a `postmaster.pid` speaks of.
//!
//! A process id alone says nothing: after a crash or a reboot the number may belong to anything. So the process must
//! be a `postgres` of the data directory's owner, work in that directory, and have been started when the file says.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::observe::{self, SERVER, Seen};
use super::pid_file::PidFile;

/// Seconds by which the kernel's start time and the one in the file may differ. The server reads its clock a moment
/// after the kernel, both count whole seconds, and the kernel's is reckoned from the time of boot.
const TOLERANCE: u64 = 5;

/// A process that cannot be mistaken for a later one with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) pid: u32,
    /// As the kernel reckons, in seconds since the epoch.
    started: u64,
}

impl Identity {
    /// Whether that very process still runs.
    pub(crate) fn is_alive(self) -> bool {
        match observe::one(self.pid) {
            Ok(seen) => seen.is_some_and(|seen| seen.started == self.started),
            // What cannot be seen may be there.
            Err(_) => true,
        }
    }
}

/// What a `postmaster.pid` and the process that it names say together.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// They agree in all.
    Ours(Identity),
    /// No such process.
    Gone,
    /// A process that is no server of this data directory: the number has been used again.
    Unrelated,
    /// Something that may be a server of this data directory, and the reason for doubt.
    Doubtful(String),
}

/// Compares a `postmaster.pid` with the process that it names. `data` is canonical.
pub(crate) fn examine(file: &PidFile, data: &Path) -> Verdict {
    let owner = fs::metadata(data).map(|data| data.uid()).ok();
    match observe::one(file.pid) {
        Ok(None) => Verdict::Gone,
        Ok(Some(seen)) => judge(file, &seen, data, owner),
        Err(error) => Verdict::Doubtful(format!("processes cannot be looked at: {error}")),
    }
}

fn judge(file: &PidFile, seen: &Seen, data: &Path, owner: Option<u32>) -> Verdict {
    if seen.name != SERVER || seen.uid != owner {
        return Verdict::Unrelated;
    }
    match &seen.directory {
        None => return Verdict::Doubtful("it cannot be told where it works".to_owned()),
        Some(directory) if directory != data => return Verdict::Unrelated,
        Some(_) => {}
    }
    if fs::canonicalize(&file.data_directory).ok().as_deref() != Some(data) {
        let other = file.data_directory.display();
        return Verdict::Doubtful(format!(
            "its postmaster.pid names another data directory, {other}"
        ));
    }
    if seen.started.abs_diff(file.started) > TOLERANCE {
        let (process, file) = (seen.started, file.started);
        return Verdict::Doubtful(format!(
            "it was started at {process} and its postmaster.pid says {file}"
        ));
    }
    Verdict::Ours(Identity {
        pid: file.pid,
        started: seen.started,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::{Identity, Seen, TOLERANCE, Verdict, judge};
    use crate::postmaster::pid_file::{PidFile, Status};

    const STARTED: u64 = 1_763_880_000;
    const OWNER: Option<u32> = Some(101);

    fn file(data: &Path) -> PidFile {
        let data_directory = data.to_owned();
        PidFile {
            pid: 4711,
            data_directory,
            started: STARTED,
            port: Some(5432),
            status: Status::Ready,
        }
    }

    fn seen(directory: &Path) -> Seen {
        let directory = Some(directory.to_owned());
        Seen {
            name: "postgres".into(),
            uid: OWNER,
            directory,
            started: STARTED,
        }
    }

    fn data() -> (tempfile::TempDir, PathBuf) {
        let directory = tempfile::tempdir().unwrap();
        let path = fs::canonicalize(directory.path()).unwrap();
        (directory, path)
    }

    #[test]
    fn what_agrees_in_all_is_ours() {
        let (_keep, data) = data();
        for drift in [0, TOLERANCE] {
            let seen = Seen {
                started: STARTED + drift,
                ..seen(&data)
            };
            let ours = Identity {
                pid: 4711,
                started: STARTED + drift,
            };
            assert_eq!(judge(&file(&data), &seen, &data, OWNER), Verdict::Ours(ours));
        }
    }

    #[test]
    fn another_program_or_account_or_server_is_unrelated() {
        let (_keep, data) = data();
        let editor = Seen {
            name: "vim".into(),
            ..seen(&data)
        };
        let stranger = Seen {
            uid: Some(102),
            ..seen(&data)
        };
        let elsewhere = seen(Path::new("/elsewhere"));
        for unrelated in [editor, stranger, elsewhere] {
            assert_eq!(judge(&file(&data), &unrelated, &data, OWNER), Verdict::Unrelated);
        }
    }

    #[test]
    fn another_start_time_or_another_directory_in_the_file_is_doubtful() {
        let (_keep, data) = data();
        for started in [STARTED - TOLERANCE - 1, STARTED + TOLERANCE + 1] {
            let seen = Seen {
                started,
                ..seen(&data)
            };
            assert!(matches!(
                judge(&file(&data), &seen, &data, OWNER),
                Verdict::Doubtful(_)
            ));
        }
        let moved = file(Path::new("/"));
        assert!(matches!(
            judge(&moved, &seen(&data), &data, OWNER),
            Verdict::Doubtful(_)
        ));
    }

    #[test]
    fn a_server_that_does_not_show_where_it_works_is_doubtful() {
        let (_keep, data) = data();
        let hidden = Seen {
            directory: None,
            ..seen(&data)
        };
        assert!(matches!(
            judge(&file(&data), &hidden, &data, OWNER),
            Verdict::Doubtful(_)
        ));
    }
}
