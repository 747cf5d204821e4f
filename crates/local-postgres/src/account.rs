//! The account that the server's programs run as.

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::IoContext;
use crate::{Error, files};

/// Accounts that root runs PostgreSQL as, in order of preference.
const UNPRIVILEGED: [&str; 2] = ["postgres", "nobody"];

/// The account that the server's programs run as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// Ours: nothing is switched.
    Own {
        /// Our effective user id, which is not root's.
        uid: u32,
    },
    /// Another one, because we are root.
    Other {
        /// Its user id, which is not root's.
        uid: u32,
        /// Its group id.
        gid: u32,
        /// Its name, for messages.
        name: String,
    },
}

impl Account {
    /// Ours; as root, the owner of the first of `existing` that is not root's, else an unprivileged one.
    ///
    /// An existing data directory must be served by its owner: PostgreSQL checks that.
    pub(crate) fn choose(existing: &[&Path]) -> Result<Self, Error> {
        let us = effective_uid();
        if us != 0 {
            return Ok(Self::Own { uid: us });
        }
        let passwd = fs::read_to_string("/etc/passwd").doing("read", Path::new("/etc/passwd"))?;
        for path in existing {
            if let Ok(owner) = fs::metadata(path)
                && owner.uid() != 0
            {
                let name = name_of(&passwd, owner.uid()).unwrap_or_else(|| owner.uid().to_string());
                return Ok(Self::Other {
                    uid: owner.uid(),
                    gid: owner.gid(),
                    name,
                });
            }
        }
        UNPRIVILEGED
            .iter()
            .find_map(|name| account_named(&passwd, name))
            .ok_or(Error::NoAccount)
    }

    /// Whether we are root and switch to another account.
    pub(crate) fn is_other(&self) -> bool {
        matches!(self, Self::Other { .. })
    }

    /// The account's name, or its number.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Own { uid } => uid.to_string(),
            Self::Other { name, .. } => name.clone(),
        }
    }

    /// Lets a command run as this account, without root's supplementary groups.
    pub(crate) fn run(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Gives a file or directory of ours to this account.
    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        match self {
            Self::Own { .. } => Ok(()),
            Self::Other { uid, gid, .. } => {
                chown(path, Some(*uid), Some(*gid)).doing("change the owner of", path)
            }
        }
    }

    /// Whether this account can enter a directory of its own below `directory`, found out by really trying: mode
    /// bits alone know nothing of access lists, mounts and security modules.
    pub(crate) fn can_work_below(&self, directory: &Path) -> Result<bool, Error> {
        if !self.is_other() {
            return Ok(true);
        }
        let probe = files::temporary(directory, "probe-")?;
        self.give(probe.path())?;
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", r#"cd "$1" && test -w ."#, "sh"])
            .arg(probe.path())
            .current_dir("/");
        shell
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.run(&mut shell);
        Ok(shell.status().doing("run", Path::new("/bin/sh"))?.success())
    }
}

/// Our effective user id.
pub(crate) fn effective_uid() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// Fields of `passwd(5)`: name, password, user id, group id, comment, home, shell.
fn entries(passwd: &str) -> impl Iterator<Item = (&str, u32, u32)> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let uid = id(fields.nth(1)?)?;
        let gid = id(fields.next()?)?;
        Some((name, uid, gid))
    })
}

/// Ids are unsigned, but macOS writes nobody's as -2.
fn id(field: &str) -> Option<u32> {
    field
        .parse()
        .ok()
        .or_else(|| field.parse::<i32>().ok().map(i32::cast_unsigned))
}

fn account_named(passwd: &str, wanted: &str) -> Option<Account> {
    entries(passwd)
        .find(|(name, uid, _)| *name == wanted && *uid != 0)
        .map(|(name, uid, gid)| Account::Other {
            uid,
            gid,
            name: name.to_owned(),
        })
}

fn name_of(passwd: &str, wanted: u32) -> Option<String> {
    entries(passwd)
        .find(|(_, uid, _)| *uid == wanted)
        .map(|(name, ..)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Account, account_named, name_of};

    const PASSWD: &str = "# comment\nroot:x:0:0:root:/root:/bin/bash\nnobody:*:-2:-2::/:/usr/bin/false\n\
                          toor:x:0:0::/:/bin/sh\npostgres:x:101:104:,,,:/var/lib/postgresql:/bin/bash\nbroken\n";

    #[test]
    fn accounts_are_read_from_passwd() {
        let postgres = Account::Other {
            uid: 101,
            gid: 104,
            name: "postgres".into(),
        };
        assert_eq!(account_named(PASSWD, "postgres"), Some(postgres));
        let nobody = account_named(PASSWD, "nobody").unwrap();
        assert_eq!(
            nobody,
            Account::Other {
                uid: u32::MAX - 1,
                gid: u32::MAX - 1,
                name: "nobody".into()
            }
        );
        assert_eq!(account_named(PASSWD, "missing"), None);
        assert_eq!(name_of(PASSWD, 101).as_deref(), Some("postgres"));
    }

    #[test]
    fn another_name_for_root_is_no_unprivileged_account() {
        assert_eq!(account_named(PASSWD, "toor"), None);
    }
}
