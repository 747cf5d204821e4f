//! The account that runs PostgreSQL's programs.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::unistd::{Uid, User};

use crate::error::IoContext;
use crate::{Error, files};

/// Accounts that root runs PostgreSQL as, in order of preference.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The account that runs PostgreSQL's programs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// The account of this process.
    Own,
    /// Another one, because this process is root's.
    Other { uid: u32, gid: u32, name: String },
}

impl Account {
    /// The account of this process. For root: the first owner of `existing` paths who is not root, because PostgreSQL
    /// requires that a server owns its data directory, else an unprivileged account.
    pub(crate) fn choose(existing: &[&Path]) -> Result<Self, Error> {
        if !is_root() {
            return Ok(Self::Own);
        }
        let owners = existing.iter().filter_map(|path| fs::metadata(path).ok());
        let owner = owners.filter_map(|path| {
            let user = User::from_uid(Uid::from_raw(path.uid())).ok().flatten();
            let name = user.map_or_else(|| path.uid().to_string(), |user| user.name);
            unprivileged(path.uid(), path.gid(), name)
        });
        let users = UNPRIVILEGED.iter().filter_map(|name| named(name));
        owner.chain(users).next().ok_or(Error::NoAccount)
    }

    /// Makes a command run as this account, without root's supplementary groups.
    pub(crate) fn run(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Makes this account the owner of a path.
    pub(crate) fn own(&self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid, .. } => {
                chown(path, Some(*uid), Some(*gid)).on("change the owner of", path)
            }
        }
    }

    /// Fails unless this account can use a directory of its own in `parent`. A process of the account tries it,
    /// because mode bits do not show access lists, mount options and security modules.
    pub(crate) fn require_access(&self, parent: &Path) -> Result<(), Error> {
        let Self::Other { name, .. } = self else {
            return Ok(());
        };
        let probe = files::temporary(parent, "probe-")?;
        self.own(probe.path())?;
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", r#"cd "$1" && test -w ."#, "sh"])
            .arg(probe.path())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.run(&mut shell);
        if shell.status().context("run /bin/sh")?.success() {
            return Ok(());
        }
        Err(Error::Unreachable {
            path: parent.to_owned(),
            account: name.clone(),
        })
    }
}

fn named(name: &str) -> Option<Account> {
    let user = User::from_name(name).ok().flatten()?;
    unprivileged(user.uid.as_raw(), user.gid.as_raw(), user.name)
}

/// `None` for root, under whatever name.
fn unprivileged(uid: u32, gid: u32, name: String) -> Option<Account> {
    (uid != 0).then_some(Account::Other { uid, gid, name })
}

/// Whether this process is root's.
pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(test)]
mod tests {
    use super::{Account, named, unprivileged};

    #[test]
    fn accounts_are_found_by_name() {
        let nobody = named("nobody").unwrap();
        assert!(
            matches!(&nobody, Account::Other { uid, name, .. } if *uid > 0 && name == "nobody"),
            "{nobody:?}"
        );
        assert_eq!(named("no such account"), None);
    }

    #[test]
    fn root_is_not_unprivileged_under_another_name() {
        assert_eq!(named("root"), None);
        assert_eq!(unprivileged(0, 0, "toor".to_owned()), None);
    }
}
