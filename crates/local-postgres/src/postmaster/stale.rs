//! A `postmaster.pid` without its postmaster.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::observe::{self, Seen};
use super::pid_file::PidFile;
use crate::error::IoContext;
use crate::{Error, files, poll};

/// Sees to it that a `postmaster.pid` whose process is no server of this data directory does not hinder a start.
///
/// PostgreSQL itself passes over such a file when its number is free. It refuses to start when the number is taken by
/// a process of the same account, since it cannot tell whether that is a server; but after the restart of a container,
/// where numbers begin anew, that is to be expected, and so it is where nobody reaps a killed postmaster. Then the
/// file is removed, unless a server's process may still be at work in the directory. Backends that outlived their
/// postmaster notice that by themselves, and are waited for.
pub(crate) fn clear_stale(data: &Path, timeout: Duration) -> Result<(), Error> {
    let Some(file) = PidFile::read(data)? else {
        return Ok(());
    };
    let owner = fs::metadata(data).doing("look at", data)?.uid();
    let deserted = poll::until(timeout, || {
        let at_work = AtWork::look(data, owner);
        Ok::<_, Error>((at_work != AtWork::Somebody).then_some(at_work))
    })?;
    if deserted == Some(AtWork::Nobody) && is_taken(file.pid) {
        tracing::info!(
            pid = file.pid,
            "postmaster.pid names a process that is no server; the file is removed"
        );
        files::remove(&PidFile::path(data))?;
    }
    Ok(())
}

/// Whether processes of a server are in a data directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtWork {
    Nobody,
    Somebody,
    /// There are servers' processes of the same account that do not show where they work.
    Unknown,
}

impl AtWork {
    fn look(data: &Path, owner: u32) -> Self {
        observe::servers().map_or(Self::Unknown, |servers| Self::among(servers, data, owner))
    }

    fn among(servers: impl IntoIterator<Item = Seen>, data: &Path, owner: u32) -> Self {
        let of_owner = servers
            .into_iter()
            .filter(|seen| seen.uid.is_none_or(|uid| uid == owner));
        of_owner.fold(Self::Nobody, |so_far, seen| match seen.directory {
            Some(directory) if directory == data => Self::Somebody,
            None if so_far == Self::Nobody => Self::Unknown,
            _ => so_far,
        })
    }
}

/// Whether PostgreSQL would see a process of its own account under this number.
fn is_taken(pid: u32) -> bool {
    i32::try_from(pid)
        .ok()
        .and_then(Pid::from_raw)
        .is_some_and(|pid| test_kill_process(pid).is_ok())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{AtWork, Seen};

    fn server(uid: u32, directory: Option<&str>) -> Seen {
        let directory = directory.map(Into::into);
        Seen {
            name: "postgres".into(),
            uid: Some(uid),
            directory,
            started: 0,
        }
    }

    fn among(servers: Vec<Seen>) -> AtWork {
        AtWork::among(servers, Path::new("/data"), 101)
    }

    #[test]
    fn one_process_in_the_directory_is_enough() {
        let servers = vec![
            server(101, None),
            server(101, Some("/data")),
            server(101, Some("/other")),
        ];
        assert_eq!(among(servers), AtWork::Somebody);
    }

    #[test]
    fn a_process_that_hides_could_be_there_but_not_one_of_another_account() {
        assert_eq!(
            among(vec![server(101, Some("/other")), server(101, None)]),
            AtWork::Unknown
        );
        assert_eq!(
            among(vec![server(101, Some("/other")), server(102, None)]),
            AtWork::Nobody
        );
        assert_eq!(among(Vec::new()), AtWork::Nobody);
    }
}
